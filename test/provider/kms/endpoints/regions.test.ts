import assert from "node:assert/strict";
import { createRequire } from "node:module";
import {
  isKnownRegion,
  isRegion,
  notKnown,
  partitionOf,
  suggestRegion,
} from "../../../../provider/kms/endpoints/regions";
import { setEnvironment } from "../loopback";

interface Partition {
  id: string;
  regions: Record<string, unknown>;
}

/** The AWS SDK's own partition data, which it does not export. */
function partitionsOfSdk(): Partition[] {
  const ofKms = createRequire(require.resolve("@aws-sdk/client-kms"));
  const core = require(ofKms.resolve("@aws-sdk/core/client")) as {
    partition(region: string): { name: string };
  };
  assert.equal(core.partition("us-east-1").name, "aws");
  const source = require("node:fs").readFileSync(ofKms.resolve("@aws-sdk/core/client"), "utf8") as string;
  const list =
    /(?:partitions|const partitionsInfo = \{\s*"?partitions"?):?\s*(\[[\s\S]*?\n\s*\]),?\s*"?version"?/.exec(
      source,
    );
  assert.ok(list, "partition data of @aws-sdk/core");
  return new Function(`return ${list[1]}`)() as Partition[];
}

describe("Regions", () => {
  const partitions = partitionsOfSdk();

  const known = partitions.flatMap(({ id, regions }) =>
    Object.keys(regions)
      .filter((name) => !name.endsWith("-global"))
      .map((name) => ({ id, name })),
  );

  it("are all those that the AWS SDK knows, by the form of their names", () => {
    assert.ok(known.length > 30);
    for (const { name } of known) assert.ok(isRegion(name), name);
  });

  it("are known where the AWS SDK knows them, and no others", () => {
    const listed = [
      "af",
      "ap",
      "ca",
      "cn",
      "eu",
      "eusc-de",
      "eu-isoe",
      "il",
      "me",
      "mx",
      "sa",
      "uk",
      "us",
    ].concat(["us-gov", "us-iso", "us-isob", "us-isof"]);
    const directions = "north south east west central northeast northwest southeast southwest".split(" ");
    const possible = listed.flatMap((area) =>
      directions.flatMap((direction) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${area}-${direction}-${n}`)),
    );
    assert.deepEqual(possible.filter(isKnownRegion).sort(), known.map(({ name }) => name).sort());
  });

  it("are known too where the environment says that AWS has opened them since", () => {
    assert.match(
      notKnown("us-west-9"),
      /^, got "us-west-9", which this release does not know; did you mean "us-west-1"\? If .* set KEYMGMT_REGIONS=us-west-9 in/,
    );
    const restore = setEnvironment({ KEYMGMT_REGIONS: "nz-north-1,us-west-9,mars" });
    try {
      assert.deepEqual(["nz-north-1", "us-west-9", "us-west-8", "mars"].map(isKnownRegion), [
        true,
        true,
        false,
        false,
      ]);
    } finally {
      restore();
    }
  });

  it("have the form of those that AWS opens after this release", () => {
    for (const name of ["nz-north-1", "us-central-12", "us-gov-south-1", "eusc-fr-west-1", "us-isog-east-1"])
      assert.ok(isRegion(name), name);
  });

  it("lie in the partitions that the AWS SDK says", () => {
    for (const { id, name } of known) assert.equal(partitionOf(name), id, name);
    assert.equal(partitionOf("nz-north-1"), "aws");
  });

  it("are told from what is none", () => {
    assert.ok(isRegion("us-west-1"));
    for (const name of [
      "us-wset-1",
      "US-WEST-1",
      "us-east-1a",
      "us-east",
      "east-1",
      "aws-global",
      "",
      "toString",
    ])
      assert.ok(!isRegion(name), name);
  });

  it("are suggested for what was mistyped", () => {
    const meant: Record<string, string | undefined> = {
      "us-wset-1": "us-west-1",
      "us-east-1a": "us-east-1",
      "EU-West-1": "eu-west-1",
      eu_central_1: "eu-central-1",
      "us-east1": "us-east-1",
      "ap-southeast1": "ap-southeast-1",
      "us-gov-wst-1": "us-gov-west-1",
      "us-west-9": "us-west-1",
      "us-west": "us-west-1",
      "us-central-1": undefined,
      mars: undefined,
      "": undefined,
    };
    for (const [typed, region] of Object.entries(meant)) assert.equal(suggestRegion(typed), region, typed);
  });
});
