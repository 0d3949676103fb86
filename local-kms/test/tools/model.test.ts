import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as kms from "@aws-sdk/client-kms";
import { API } from "../../src/api/model.js";
import { modelFile, modelText } from "../../tools/model/model";

describe("the API model of the local KMS", () => {
  it("stands as tools/model writes it", () => {
    assert.equal(readFileSync(modelFile, "utf8"), modelText(API));
  });

  it("has every operation that the AWS SDK for JavaScript has, and no other", () => {
    const commands = Object.keys(kms)
      .filter((name) => name.endsWith("Command") && !name.startsWith("$"))
      .map((name) => name.replace(/Command$/, ""));
    assert.deepEqual(Object.keys(API.operations).sort(), commands.sort());
  });

  it("has the SDK's enums", () => {
    const { AlgorithmSpec, GrantOperation, KeySpec, KeyState, KeyUsageType, OriginType } = kms;
    for (const [name, values] of Object.entries({
      AlgorithmSpec,
      GrantOperation,
      KeySpec,
      KeyState,
      KeyUsageType,
      OriginType,
    })) {
      assert.deepEqual([...API.shapes[name]!.enum!].sort(), Object.values(values).sort(), name);
    }
  });
});
