import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { API } from "../../../local-kms/src/api/model";
import { FEATURES, type Feature, PERMISSIONS, permissionsFor } from "../../../provider/kms/permissions";

const root = join(__dirname, "../../..");
const features = Object.keys(FEATURES) as Feature[];
const actions = new Set(permissionsFor(features).map(({ action }) => action));

/** Files that name operations for other reasons than to call them. */
const LISTS = ["operations.ts", "quotas.ts", "retry.ts", "permissions.ts", "probes.ts"];

/** KMS operations that the code of a folder names. */
function named(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || LISTS.some((list) => file.endsWith(list))) continue;
    for (const [, name] of readFileSync(join(root, folder, file), "utf8").matchAll(/"([A-Z]\w+)"/g))
      if (API.operations[name!]) found.add(name!);
  }
  return found;
}

describe("the permissions table", () => {
  it("has every KMS operation that the provider and the command call", () => {
    const called = [...named("provider"), ...named("cli")];
    assert.ok(called.includes("CreateKey") && called.includes("EnableKey") && called.includes("ListKeys"));
    for (const operation of called) assert.ok(actions.has(`kms:${operation}`), operation);
  });

  it("has only permissions that AWS KMS knows, the one for the service-linked role and the one of Service Quotas", () => {
    for (const action of actions) {
      if (action === "iam:CreateServiceLinkedRole" || action === "servicequotas:ListServiceQuotas") continue;
      assert.ok(API.operations[action.slice("kms:".length)], action);
    }
  });

  it("needs for every key the eleven that Vault's page names, and two KMS permissions more for multi-Region keys", () => {
    const names = (feature: Feature) => PERMISSIONS[feature].map(({ action }) => action);
    assert.deepEqual(
      names("everyKey").sort(),
      "CreateAlias CreateKey DeleteAlias DisableKey EnableKey GetParametersForImport ImportKeyMaterial ListAliases ScheduleKeyDeletion TagResource UpdateAlias"
        .split(" ")
        .map((operation) => `kms:${operation}`),
    );
    assert.deepEqual(names("multiRegion"), [
      "kms:ReplicateKey",
      "kms:DescribeKey",
      "iam:CreateServiceLinkedRole",
    ]);
  });

  it("puts an action on the same target in every feature, so that a policy's statements do not depend on which came first", () => {
    const targets = new Map<string, string>();
    for (const { action, on } of features.flatMap((feature) => PERMISSIONS[feature])) {
      assert.equal(on, targets.get(action) ?? on, action);
      targets.set(action, on);
    }
  });

  it("says for each when it is used and what is lost without it, without a table's bar", () => {
    for (const { action, when, without } of features.flatMap((feature) => PERMISSIONS[feature]))
      assert.ok(when && without && !`${when}${without}`.includes("|"), action);
  });
});
