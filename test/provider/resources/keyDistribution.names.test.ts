import assert from "node:assert/strict";
import { resourcesOf } from "../../../provider/resources";
import type { Resource, Values } from "../../../provider/resources/resource";
import { Run } from "../../../provider/run";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { inputsOf, keyRef, kmsRef } from "./goodInputs";

const NAMES = ["name", "aliasName", "aliasArn", "distributionTime"];
const MADE = {
  name: "orders-1000000000",
  aliasName: "alias/hashicorp/orders-1000000000",
  aliasArn: "arn:aws:kms:us-west-1:111122223333:alias/hashicorp/orders-1000000000",
  distributionTime: "2001-09-09T01:46:40.000Z",
};

describe("the name of a KeyDistribution", () => {
  let keyDistribution: Resource;
  /** A run, as of each command. */
  const begin = () => {
    const run = new Run({ now: () => new Date(Date.UTC(2001, 8, 9, 1, 46, 40, 999)) });
    run.created.recordMaterial(keyRef.id, 1);
    for (const keyCollection of ["us-west-1", "us-gov-west-1"])
      run.created.recordKmsProvider({ ...kmsRef, keyCollection });
    keyDistribution = resourcesOf(run).KeyDistribution;
  };
  beforeEach(begin);

  const checked = async (changes: Values = {}, olds?: Values, isPreview?: boolean): Promise<Values> => {
    const { inputs, mistakes } = await keyDistribution.check(
      olds,
      { ...inputsOf("KeyDistribution", { place: "orders-prod", ...changes }) },
      isPreview,
    );
    assert.deepEqual(mistakes, []);
    return inputs;
  };
  const namesOf = async (...args: Parameters<typeof checked>) => {
    const inputs = await checked(...args);
    return Object.fromEntries(NAMES.map((name) => [name, inputs[name]]));
  };

  it("is the key's and the Unix time of its making", async () => {
    assert.deepEqual(await namesOf(), MADE);
    assert.ok(!("place" in (await checked({ place: "other" }))), "no input of the state");
  });

  it("is not known in the preview that makes it, nor while what it is made of is not", async () => {
    const unknown = Object.fromEntries(NAMES.map((name) => [name, UNKNOWN]));
    assert.deepEqual(await namesOf({}, undefined, true), unknown);
    for (const open of ["kms", "key", "kms.accountId", "key.name", "adopt"])
      assert.deepEqual(await namesOf({ [open]: UNKNOWN }), unknown, open);
  });

  it("stays what the state says, in a preview and in an update", async () => {
    const olds = await checked();
    begin();
    for (const isPreview of [true, undefined])
      for (const changes of [{}, { kms: UNKNOWN }, { key: UNKNOWN }, { "key.keyVersion": UNKNOWN }])
        assert.deepEqual(await namesOf(changes, olds, isPreview), MADE);
  });

  it("is kept where the resource is replaced for itself, which its preview shows", async () => {
    const olds = await checked();
    begin();
    await checked({}, olds);
    for (const isPreview of [undefined, true])
      assert.deepEqual(await namesOf({}, undefined, isPreview), MADE);
    assert.equal((await namesOf({ place: "another" })).name, "orders-1000000001");
    const acme = { "kms.aliasPrefix": "acme" };
    assert.equal(
      (await namesOf(acme)).aliasName,
      "alias/acme/orders-1000000002",
      "through another KmsProvider",
    );
  });

  it("is that of one resource: a new one that was given it before, or a second of the state, is refused", async () => {
    const olds = await checked();
    const isRefused = () =>
      assert.rejects(checked({ place: "another" }, olds), /to be the name of one KeyDistribution/);
    await isRefused();
    begin();
    await checked({}, olds);
    await checked({}, olds);
    await isRefused();
    const kms = { ...(olds.kms as Values), keyCollection: "ap-southeast-2" };
    const elsewhere = { place: "another", "kms.keyCollection": kms.keyCollection };
    assert.equal((await namesOf(elsewhere, { ...olds, kms })).name, MADE.name, "in another Region");
  });

  it("is another where what replaces the resource is its KmsProvider", async () => {
    const olds = await checked({ "key.deletionAllowed": true });
    begin();
    const moved = { "kms.aliasPrefix": "acme", "key.deletionAllowed": true };
    await checked(moved, olds);
    assert.equal((await namesOf(moved)).aliasName, "alias/acme/orders-1000000001");
  });

  it("is that of an adopted alias", async () => {
    const adopt = (aliasName: string) => namesOf({ adopt: { aliasName } });
    assert.deepEqual(await adopt("alias/hashicorp/orders-1000000000"), MADE);
    assert.deepEqual(await adopt("alias/old/orders-1700000000"), {
      name: "orders-1700000000",
      aliasName: "alias/old/orders-1700000000",
      aliasArn: "arn:aws:kms:us-west-1:111122223333:alias/old/orders-1700000000",
      distributionTime: "2023-11-14T22:13:20.000Z",
    });
    const { name, distributionTime } = await adopt("alias/payroll");
    assert.deepEqual([name, distributionTime], ["payroll", MADE.distributionTime]);
  });

  it("has an ARN of its Region's partition", async () => {
    const { aliasArn } = await namesOf({ "kms.keyCollection": "us-gov-west-1", "key.replicaRegions": [] });
    assert.match(String(aliasArn), /^arn:aws-us-gov:kms:us-gov-west-1:/);
  });

  it("is one of its own where one key goes to several KmsProviders in the same second", async () => {
    const made = [];
    for (const place of ["a", "b", "c"]) made.push(await namesOf({ place }));
    assert.deepEqual(
      made.map(({ name, distributionTime }) => [name, distributionTime]),
      [
        ["orders-1000000000", "2001-09-09T01:46:40.000Z"],
        ["orders-1000000001", "2001-09-09T01:46:41.000Z"],
        ["orders-1000000002", "2001-09-09T01:46:42.000Z"],
      ],
    );
  });
});
