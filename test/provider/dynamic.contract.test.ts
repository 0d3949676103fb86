import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import sinon from "sinon";
import { exceptRefusals, KeyDistribution, KeyReplica, KmsProvider, ManagedKey } from "../../provider/dynamic";
import { KeymgmtError } from "../../provider/errors";
import { keyCheckValue } from "../../provider/keys/keyCheckValue";
import { PartialFailure, type Resource, type Values } from "../../provider/resources/resource";
import {
  checked,
  inputs,
  inputsOf,
  outputsOf,
  plantedBytes,
  providers,
  resources,
  types,
} from "./resources/goodInputs";

const __provider = 'exports.handler = () => require("pulumi-keymgmt/dynamic").KeyDistribution;';

/** A value with `undefined` in every place where protobuf's Struct would refuse it. */
const withUndefined = { a: 1, b: undefined, c: { d: undefined, e: [{ f: undefined, g: "g" }] } };
const withoutUndefined = { a: 1, c: { e: [{ g: "g" }] } };

const SECRET = "4dabf18193072939515e22adb298388d";

describe("the dynamic providers", () => {
  afterEach(() => sinon.restore());

  it("leave the message of a refusal to the engine, and have the stack of any other error printed", async () => {
    const provider = providers.KeyDistribution as Required<dynamic.ResourceProvider>;
    /** What @pulumi/pulumi/cmd/dynamic-provider prints of it. */
    const printed = async (error: Error) => {
      sinon.stub(resources.KeyDistribution, "diff").rejects(error);
      const lines: unknown[] = [];
      const print = exceptRefusals((text) => lines.push(text));
      try {
        await provider.diff("id", {}, {}).catch((thrown) => print(`${thrown}: ${thrown.stack}`));
        return lines.join("\n");
      } finally {
        sinon.restore();
      }
    };
    assert.equal(await printed(new KeymgmtError("InvalidInput", "Expected a, got b.")), "");
    assert.equal(await printed(new KeymgmtError("InvalidInput", "Expected a\u001b, got b.")), "");
    assert.match(
      await printed(new TypeError("an error of ours")),
      /^TypeError: an error of ours: TypeError.*\n +at /,
    );
  });

  it("are one for each resource, each with every method", () => {
    const entries = { KeyDistribution, KeyReplica, KmsProvider, ManagedKey };
    assert.deepEqual(Object.keys(entries), [...types].sort());
    for (const entry of Object.values(entries)) {
      assert.deepEqual(Object.keys(entry).sort(), ["check", "create", "delete", "diff", "read", "update"]);
    }
  });

  for (const type of types) {
    it(`keep __provider from ${type}`, async () => {
      const [olds, news] = [
        { old: 1, __provider },
        { now: 2, __provider },
      ];
      const stubs = stubbed(resources[type]);
      const provider = providers[type] as Required<dynamic.ResourceProvider>;
      await provider.check(olds, { ...news, isPreview: true });
      await provider.diff("id", olds, news);
      await provider.create(news);
      await provider.read("id", olds);
      await provider.update("id", olds, news);
      await provider.delete("id", olds);
      assert.deepEqual(
        stubs.check.firstCall.args,
        [{ old: 1 }, { now: 2 }, true],
        "nor is isPreview an input",
      );
      assert.deepEqual(stubs.diff.firstCall.args, ["id", { old: 1 }, { now: 2 }]);
      assert.deepEqual(stubs.create.firstCall.args, [{ now: 2 }]);
      assert.deepEqual(stubs.read.firstCall.args, ["id", { old: 1 }]);
      assert.deepEqual(stubs.update.firstCall.args, ["id", { old: 1 }, { now: 2 }]);
      assert.deepEqual(stubs.delete.firstCall.args, ["id", { old: 1 }]);
      assert.deepEqual(
        [olds, news],
        [
          { old: 1, __provider },
          { now: 2, __provider },
        ],
        "which stays in what came",
      );
    });
  }

  it("hand out what came of the work, without undefined", async () => {
    stubbed(resources.KeyDistribution);
    const provider = providers.KeyDistribution as Required<dynamic.ResourceProvider>;
    assert.deepStrictEqual((await provider.check({}, {})).inputs, withoutUndefined);
    assert.deepStrictEqual(await provider.create({}), { id: "made", outs: withoutUndefined });
    assert.deepStrictEqual(await provider.read("id", {}), { id: "read", props: withoutUndefined });
    assert.deepStrictEqual(await provider.update("id", {}, {}), { outs: withoutUndefined });
  });

  it("check a resource that is not there yet against nothing", async () => {
    const { check } = stubbed(resources.KeyReplica);
    for (const olds of [{}, { __provider }, undefined as unknown as Values]) {
      await providers.KeyReplica.check!(olds, {});
      assert.equal(check.lastCall.args[0], undefined);
    }
  });

  it("mark the secrets among the inputs of the context, of which the engine has told them only the value", async () => {
    sinon
      .stub(resources.KeyDistribution, "check")
      .callsFake(async (_olds, news) => ({ inputs: news, mistakes: [] }));
    const context = {
      movedAlias: "alias/orders",
      kms: { tags: { team: "shop" } },
      secrets: ["kms", "stack"],
    };
    const { inputs } = await KeyDistribution.check!({}, { purpose: ["encrypt"], context });
    const { kms, movedAlias, purpose, ...rest } = inputs as Values;
    const secret = { [SECRET]: "1b47061264138c4ac30d75fd1eb44270", value: { tags: { team: "shop" } } };
    assert.deepEqual(
      { kms, movedAlias, purpose },
      { kms: secret, movedAlias: "alias/orders", purpose: ["encrypt"] },
    );
    for (const missing of ["stack", "secrets", "context"]) assert.ok(!(missing in rest), missing);
  });

  it("report every mistake under no property, since the engine prints the property's value, even a secret's", async () => {
    const news = inputsOf("ManagedKey", { material: "planted material", minEnabledVersion: 0, __provider });
    const { failures, inputs } = await providers.ManagedKey.check!({}, news);
    assert.deepEqual(failures, [
      { property: "", reason: "Expected `minEnabledVersion` to be from 1 to 1, got 0." },
      {
        property: "",
        reason: "Expected `material` to be 32 bytes in base64, hex or a JWK; what came is none of them.",
      },
    ]);
    assert.ok(!("__provider" in inputs!));
  });

  it("report no failure for good inputs", async () => {
    for (const type of types) {
      assert.deepEqual(
        (await providers[type].check!({}, { ...inputs[type], isPreview: true, __provider })).failures,
        [],
      );
    }
  });

  it("say what diff found in Pulumi's words", async () => {
    const news = {
      ...(await resources.KeyReplica.check(undefined, inputsOf("KeyReplica"))).inputs,
      __provider,
    };
    const olds = { ...(await outputsOf("KeyReplica")), __provider: "another line" };
    assert.deepEqual(await providers.KeyReplica.diff!("id", olds, news), { changes: false, replaces: [] });
    assert.deepEqual(await providers.KeyReplica.diff!("id", olds, { ...news, region: "us-east-1" }), {
      changes: true,
      replaces: ["region"],
    });
  });

  it("tell of a resource that is gone by an empty id", async () => {
    stubbed(resources.KeyDistribution).read.resolves({ id: "", outputs: {} });
    assert.deepEqual(await providers.KeyDistribution.read!("id", { __provider }), { id: "", props: {} });
  });

  describe("keep what a failure half-way has done", () => {
    const cause = new KeymgmtError("AccessDenied", "No permission kms:CreateAlias.");
    const failure = new PartialFailure("orders-1760000000", withUndefined, cause);
    const provider = providers.KeyDistribution;

    const thrownBy = async (work: () => Promise<unknown>) => {
      const error = await work().then(
        () => assert.fail("it did not fail"),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof Error);
      return { ...error, message: error.message };
    };
    const expected = {
      message: "No permission kms:CreateAlias.",
      id: "orders-1760000000",
      properties: { ...withoutUndefined, __provider },
      reasons: ["No permission kms:CreateAlias."],
    };

    it("in a create", async () => {
      stubbed(resources.KeyDistribution).create.rejects(failure);
      assert.deepStrictEqual(
        await thrownBy(() => provider.create({ ...inputs.KeyDistribution, __provider })),
        expected,
      );
    });

    it("in an update, whose line is the new one", async () => {
      stubbed(resources.KeyDistribution).update.rejects(failure);
      const olds = { __provider: "an older line" };
      assert.deepStrictEqual(await thrownBy(() => provider.update!("id", olds, { __provider })), expected);
    });

    it("and nothing where nothing was done", async () => {
      const stubs = stubbed(resources.KeyDistribution);
      stubs.create.rejects(cause);
      stubs.update.rejects(cause);
      stubs.delete.rejects(cause);
      await assert.rejects(provider.create({ __provider }), (error) => error === cause);
      await assert.rejects(provider.update!("id", {}, { __provider }), (error) => error === cause);
      await assert.rejects(provider.delete!("id", { __provider }), (error) => error === cause);
      assert.ok(!("id" in cause), "an id would have the engine record a resource");
    });
  });

  it("load no package in a run without changes: neither the AWS SDK, nor luxon, nor jose", async () => {
    const unchanged = await Promise.all(
      types.map(async (type) => {
        const [before, olds] = await Promise.all([checked(type), outputsOf(type)]);
        return { type, news: inputs[type], before, olds };
      }),
    );
    const id = `orders-${keyCheckValue(plantedBytes)}`;
    const script = `
      const { readFileSync } = require("node:fs");
      const packages = () => Object.keys(require.cache).flatMap((path) => /node_modules.((@[^/\\\\]+.)?[^/\\\\]+)/.exec(path)?.[1] ?? []);
      const before = packages();
      const provider = require("./provider/dynamic");
      const changes = async ({ type, news, before, olds }) => {
        const { inputs, failures } = await provider[type].check(before, news);
        return [failures, await provider[type].diff("${id}", olds, inputs)];
      };
      Promise.all(JSON.parse(readFileSync(0)).map(changes)).then((answers) => {
        const loaded = [...new Set(packages())].filter((name) => !before.includes(name));
        console.log(JSON.stringify({ answers, loaded }));
      });`;
    const args = ["--require", "tsx/cjs", "--eval", script];
    const cwd = join(__dirname, "../..");
    const options = { cwd, encoding: "utf8" as const, input: JSON.stringify(unchanged) };
    const { answers, loaded } = JSON.parse(execFileSync(process.execPath, args, options));
    assert.deepEqual(
      answers,
      types.map(() => [[], { changes: false, replaces: [] }]),
    );
    assert.deepEqual(loaded, []);
  });
});

/** Stubs of a resource's methods that answer with `undefined` in many places. */
function stubbed(resource: Resource) {
  return {
    check: sinon.stub(resource, "check").resolves({ inputs: withUndefined, mistakes: [] }),
    diff: sinon.stub(resource, "diff").resolves({ changes: false, replaces: [] }),
    create: sinon.stub(resource, "create").resolves({ id: "made", outputs: withUndefined }),
    read: sinon.stub(resource, "read").resolves({ id: "read", outputs: withUndefined }),
    update: sinon.stub(resource, "update").resolves(withUndefined),
    delete: sinon.stub(resource, "delete").resolves(),
  };
}
