import assert from "node:assert/strict";
import { join } from "node:path";
import { API } from "../../local-kms/src/api/model.js";
import { apiModel, modelText } from "../../local-kms/tools/model/model";
import { type Clients, clientsOr } from "./support";

/** What AWS has added to enums since the pinned botocore. */
const GROWN = {
  DataKeyPairSpec: ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"],
  GrantOperation: ["Encapsulate", "Decapsulate"],
  KeyLastUsageTrackingOperation: ["Encapsulate", "Decapsulate"],
  KeySpec: ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"],
  KeyUsageType: ["ENCAPSULATE_DECAPSULATE"],
};

describe("the API model that the local KMS enforces, held against an independently installed botocore's", () => {
  let theirs: typeof API;

  before(async function () {
    const clients: Clients = await clientsOr(this);
    const file = join(await clients.installed("botocore"), "data/kms/2014-11-01/service-2.json.gz");
    theirs = JSON.parse(modelText(apiModel(file, "the installed botocore")));
  });

  it("has every operation, with the same input, output and errors", () => {
    for (const [name, operation] of Object.entries(theirs.operations))
      assert.deepEqual(API.operations[name], operation, name);
  });

  it("has every shape, with every member and the same constraints", () => {
    for (const [name, { enum: _, members, ...constraints }] of Object.entries(theirs.shapes)) {
      const { enum: _ours, members: ours, ...own } = API.shapes[name]!;
      assert.deepEqual(own, constraints, name);
      assert.deepEqual({ ...ours, ...members }, { ...ours }, name);
    }
  });

  it("has every value of every enum, and of newer ones what AWS has added since", () => {
    const grown: Record<string, string[]> = {};
    for (const [name, { enum: values = [] }] of Object.entries(theirs.shapes)) {
      const ours = API.shapes[name]!.enum ?? [];
      const lost = values.filter((value) => !ours.includes(value));
      assert.deepEqual(lost, [], name);
      if (ours.length > values.length) grown[name] = ours.filter((value) => !values.includes(value));
    }
    assert.deepEqual(grown, GROWN);
  });
});
