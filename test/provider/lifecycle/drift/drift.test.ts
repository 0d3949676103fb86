import assert from "node:assert/strict";
import { keyStateOf } from "../../../../provider/kms/keyState";
import { regionDrift } from "../../../../provider/lifecycle/drift/drift";
import { ownerOf } from "../../../../provider/lifecycle/owner";
import type { KeyRef, KmsRef, RegionalOutputs } from "../../../../provider/state/types";

const REGION = "us-west-1";
const KEY_ID = "11111111-2222-3333-4444-555555555555";
const KEY_ARN = `arn:aws:kms:${REGION}:111122223333:key/${KEY_ID}`;

/** What `up --refresh` says of one KMS key that AWS shows in this state. */
function driftOf(state: string): string[] {
  const kms = { keyCollection: REGION, accountId: "111122223333" } as KmsRef;
  const key = { name: "orders", minEnabledVersion: 1, latestVersion: 1 } as unknown as KeyRef;
  const owner = ownerOf({ name: "orders-1700000000", stack: "acme/shop/prod", kms, key }, {});
  const outputs = {
    keyId: KEY_ID,
    aliasName: "alias/hashicorp/orders-1700000000",
    versions: { 1: { keyId: KEY_ID, keyArn: KEY_ARN, state: "Enabled", importedAt: "2026-01-01T00:00:00Z" } },
  } as unknown as RegionalOutputs;
  const seen = { keyId: KEY_ID, keyArn: KEY_ARN, state: keyStateOf(state) };
  return regionDrift(REGION, "primary", owner, outputs, {
    keys: new Map([[KEY_ID, seen as never]]),
    aliasTarget: KEY_ID,
  }).filter((sentence) => !sentence.includes("keymgmt:claim"));
}

describe("drift of a KMS key's state", () => {
  it("is none where the state is the desired one, or passes by itself", () => {
    for (const state of ["Enabled", "Creating", "Updating"]) assert.deepEqual(driftOf(state), [], state);
  });

  it("names a state that this release does not know", () => {
    assert.deepEqual(driftOf("Quarantined"), [
      "version 1 in us-west-1: Quarantined, a state that this release does not know; no update changes it",
    ]);
  });
});
