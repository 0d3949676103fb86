import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { resourcesOf } from "../../provider/resources";
import { Run } from "../../provider/run";
import { KeyDistribution, KeyReplica, KmsProvider, ManagedKey } from "../../sdk";
import { type Type, types } from "../provider/resources/goodInputs";
import { bare, find, type Registered, resolved, run, unwrapped } from "./program";

/** The program of the README: everything by its defaults. */
function shop() {
  const kms = new KmsProvider("prod", { keyCollection: "us-west-1" });
  const key = new ManagedKey("orders", { replicaRegions: ["us-east-1", "eu-west-1"] });
  const dist = new KeyDistribution("orders-prod", { kms, key });
  return [kms, key, dist, ...dist.replicate()];
}

const typesAndNames = (registered: Registered[]) =>
  registered.map(({ type, name }) => `${bare(type)} ${name}`).sort();

describe("a program", () => {
  it("registers dynamic resources of the module keymgmt", async () => {
    const registered = await run(shop);
    assert.deepEqual(typesAndNames(registered), [
      "KeyDistribution orders-prod",
      "KeyReplica orders-prod-eu-west-1",
      "KeyReplica orders-prod-us-east-1",
      "KmsProvider prod",
      "ManagedKey orders",
    ]);
    for (const { type } of registered) assert.equal(type, `pulumi-nodejs:dynamic/keymgmt:${bare(type)}`);
  });

  it("names the installed provider by one constant line under 100 bytes", async () => {
    const registered = await run(shop);
    for (const type of types) {
      for (const { inputs } of registered.filter((one) => bare(one.type) === type)) {
        const line = `exports.handler = () => require("pulumi-keymgmt/dynamic").${type};`;
        assert.equal(inputs.__provider, line);
        assert.ok(Buffer.byteLength(line) < 100);
      }
    }
  });

  it("is told at once, where it declares a key, that its unit tests name no organization", async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ inputs }) => ({ id: "x", state: inputs }),
      call: () => ({}),
    });
    assert.throws(() => new ManagedKey("orders"), /organization/);
  });

  it("sends the connection as an input where it ignores changes of it, for the engine compares inputs", async () => {
    for (const [ignoreChanges, inContext] of [
      [["kms.quotas"], false],
      [["tags"], true],
    ] as const) {
      const registered = await run(() => {
        const kms = new KmsProvider("prod", { keyCollection: "us-west-1", quotas: { CreateKey: 5 } });
        return new KeyDistribution(
          "orders-prod",
          { kms, key: new ManagedKey("orders") },
          {
            ignoreChanges: [...ignoreChanges],
          },
        );
      });
      assert.equal(find(registered, "KeyDistribution").inContext.includes("kms"), inContext);
    }
  });

  it("declares its resources where it says so, not in this package", async () => {
    const registered = await run(shop);
    for (const type of ["KmsProvider", "ManagedKey", "KeyDistribution"])
      assert.match(find(registered, type).declaredIn, /test\/sdk\/resources\.test\.ts$/, type);
  });

  for (const preview of [false, true]) {
    it(`sends what check takes, in ${preview ? "a preview" : "an update"}`, async () => {
      const registered = await run(shop, { preview });
      assert.equal(registered.length, 5);
      const resources = resourcesOf(new Run());
      for (const { type, name, inputs } of registered) {
        const { __provider, isPreview = false, ...news } = unwrapped(inputs) as Record<string, unknown>;
        assert.equal(isPreview, preview);
        const { mistakes } = await resources[bare(type) as Type].check(undefined, news, true);
        assert.deepEqual(mistakes, [], `${type} ${name}`);
      }
    });
  }

  it("sends the same where arguments are undefined as where they are left out", async () => {
    const undefinedArgs = (names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
    const spelt = await run(() => {
      const kms = new KmsProvider("prod", {
        keyCollection: "us-west-1",
        ...undefinedArgs([
          "provider",
          "credentials",
          "aliasPrefix",
          "wrappingKeySpec",
          "tags",
          "quotas",
          "endpoint",
        ]),
      });
      const key = new ManagedKey("orders", {
        replicaRegions: ["us-east-1", "eu-west-1"],
        ...undefinedArgs([
          "name",
          "type",
          "minEnabledVersion",
          "deletionAllowed",
          "material",
          "rotationPeriod",
        ]),
      });
      const dist = new KeyDistribution("orders-prod", {
        kms,
        key,
        ...undefinedArgs(["purpose", "protection", "rotationStrategy", "policy", "description", "tags"]),
      });
      return [kms, key, dist, ...dist.replicate(undefinedArgs(["policy", "tags", "deletionWindowDays"]))];
    });
    const short = await run(shop);
    const byName = (registered: Registered[]) =>
      new Map(registered.map((one) => [`${one.type} ${one.name}`, one]));
    assert.deepEqual(byName(spelt), byName(short));
  });
});

describe("KmsProvider", () => {
  it("hands its unreachableRegions on as a plain list in order, known in previews, and an empty one not at all", async () => {
    const declaring = (unreachableRegions: string[]) => () => {
      const kms = new KmsProvider("prod", { keyCollection: "us-west-1", unreachableRegions });
      const key = new ManagedKey("orders", { replicaRegions: ["us-east-1"] });
      const dist = new KeyDistribution("orders-prod", { kms, key });
      return [kms, key, dist, ...dist.replicate()];
    };
    const listsIn = (registered: Registered[]) => {
      const inputsOf = (type: string) =>
        find(registered, type).inputs as Record<string, Record<string, never>>;
      const { kms } = inputsOf("KeyDistribution");
      const { distribution } = inputsOf("KeyReplica");
      return [inputsOf("KmsProvider"), kms!, distribution!.kms!].map(
        (one) => (one as Record<string, unknown>).unreachableRegions,
      );
    };
    const listed = await run(declaring(["us-east-1", "eu-west-1"]), { preview: true });
    const list = ["eu-west-1", "us-east-1"];
    assert.deepEqual(listsIn(listed), [list, list, list]);
    assert.deepEqual(listsIn(await run(declaring([]))), [undefined, undefined, undefined]);
  });

  it("has Vault's alias prefix and AWS's strongest wrapping key by default", async () => {
    const { inputs } = find(await run(shop), "KmsProvider");
    const { __provider, ...rest } = inputs;
    assert.deepEqual(rest, {
      keyCollection: "us-west-1",
      aliasPrefix: "hashicorp",
      wrappingKeySpec: "RSA_4096",
    });
  });
});

describe("ManagedKey", () => {
  it("is named like the resource, and otherwise where that is said", async () => {
    const registered = await run(() => [new ManagedKey("a"), new ManagedKey("b", { name: "team/b" })]);
    assert.equal(find(registered, "ManagedKey", "a").inputs.name, "a");
    assert.equal(find(registered, "ManagedKey", "b").inputs.name, "team/b");
  });

  it("has Regions in order, which programs can loop over", async () => {
    let key: ManagedKey | undefined;
    const given = ["us-east-1", "eu-west-1"];
    const registered = await run(() => {
      key = new ManagedKey("orders", { replicaRegions: given });
      return key;
    });
    assert.deepEqual(key?.replicaRegions, ["eu-west-1", "us-east-1"]);
    assert.deepEqual(find(registered, "ManagedKey").inputs.replicaRegions, ["eu-west-1", "us-east-1"]);
    assert.deepEqual(given, ["us-east-1", "eu-west-1"], "the program's own list stays as it was");
  });

  it("is protected by Pulumi until its deletion is allowed", async () => {
    const registered = await run(() => [
      new ManagedKey("kept"),
      new ManagedKey("kept-too", { deletionAllowed: false }),
      new ManagedKey("let-go", { deletionAllowed: true }),
    ]);
    const shown = ["kept", "kept-too", "let-go"].map((name) => find(registered, "ManagedKey", name));
    assert.deepEqual(
      shown.map(({ protect, inputs }) => [protect, inputs.deletionAllowed]),
      [
        [true, false],
        [true, false],
        [false, true],
      ],
    );
  });

  it("leaves the last word on protection to the program", async () => {
    const registered = await run(() => [
      new ManagedKey("open", {}, { protect: false }),
      new ManagedKey("shut", { deletionAllowed: true }, { protect: true }),
      new ManagedKey("unsaid", {}, { protect: undefined }),
    ]);
    assert.equal(find(registered, "ManagedKey", "open").protect, false);
    assert.equal(find(registered, "ManagedKey", "shut").protect, true);
    assert.equal(find(registered, "ManagedKey", "unsaid").protect, true);
  });
});

describe("KeyDistribution", () => {
  it("is one resource, and says where in the program it stands, so that one that is replaced keeps its name", async () => {
    let dist: KeyDistribution | undefined;
    const registered = await run(() => {
      const made = shop();
      dist = made[2] as KeyDistribution;
      return made;
    });
    const { inputs } = find(registered, "KeyDistribution");
    assert.equal(inputs.place, "orders-prod");
    assert.equal(inputs.stack, "org/shop/prod");
    for (const chosen of ["name", "aliasName", "aliasArn", "distributionTime"])
      assert.ok(!(chosen in inputs));
    assert.equal(await resolved(dist!.aliasName), "alias/hashicorp/orders-1760000000");
  });

  it("tells how many distributions of its KmsProvider the program declares", async () => {
    const registered = await run(() => {
      const kms = new KmsProvider("p", { keyCollection: "us-west-1" });
      return ["a", "b", "c"].map((name) => new KeyDistribution(name, { kms, key: new ManagedKey(name) }));
    });
    const declared = ["a", "b", "c"].map((name) => find(registered, "KeyDistribution", name).inputs.declared);
    assert.deepEqual(declared, [3, 3, 3]);
  });

  it("lives and dies with its replicas: parent, protection and retention are the same", async () => {
    const registered = await run(() => {
      const parent = new pulumi.ComponentResource("shop:index:Keys", "keys");
      const [kms, key] = [
        new KmsProvider("p", { keyCollection: "us-west-1" }),
        new ManagedKey("k", { replicaRegions: ["eu-west-1"] }),
      ];
      const opts = { parent, protect: true, retainOnDelete: true };
      const dist = new KeyDistribution("d", { kms, key }, opts);
      return [dist, ...dist.replicate()];
    });
    for (const type of ["KeyReplica", "KeyDistribution"]) {
      const { parent, protect, retainOnDelete } = find(registered, type);
      assert.match(parent, /::shop:index:Keys::keys$/);
      assert.deepEqual([protect, retainOnDelete], [true, true]);
    }
  });

  it("keeps its replicas when it is renamed with an alias of Pulumi's", async () => {
    const urn = "urn:pulumi:prod::shop::pulumi-nodejs:dynamic/keymgmt:KeyDistribution::by-urn";
    const aliases = [urn, { name: "by-name" }, pulumi.output(urn.replace("by-urn", "by-output"))];
    const registered = await run(() => {
      const [kms, key] = [
        new KmsProvider("p", { keyCollection: "us-west-1" }),
        new ManagedKey("k", { replicaRegions: ["eu-west-1"] }),
      ];
      const dist = new KeyDistribution("now", { kms, key }, { aliases });
      return [dist, ...dist.replicate()];
    });
    const prefix = "urn:pulumi:prod::shop::pulumi-nodejs:dynamic/keymgmt";
    assert.deepEqual(find(registered, "KeyDistribution").aliases, [
      `${prefix}:KeyDistribution::by-urn`,
      "by-name",
      `${prefix}:KeyDistribution::by-output`,
    ]);
    assert.deepEqual(find(registered, "KeyReplica").aliases, [
      `${prefix}:KeyReplica::by-urn-eu-west-1`,
      "by-name-eu-west-1",
      `${prefix}:KeyReplica::by-output-eu-west-1`,
    ]);
  });

  describe("refuses a second distribution of a key through a KmsProvider", () => {
    it("before anything of it is registered", async () => {
      const registered = await run(() => {
        const [kms, key, dist] = shop() as [KmsProvider, ManagedKey, KeyDistribution];
        assert.throws(
          () => new KeyDistribution("again", { kms, key }),
          (error) => {
            assert.ok(pulumi.RunError.isInstance(error), "which Pulumi shows without a stack trace");
            assert.equal(error.stack, undefined, "which Node may take minutes to colour");
            assert.equal(
              error.message,
              'KeyDistribution "again" distributes a key through a KmsProvider through which KeyDistribution "orders-prod" already distributes it. A key can be distributed once through a KmsProvider: use "orders-prod", or another KmsProvider.',
            );
            return true;
          },
        );
        return dist;
      });
      assert.deepEqual(
        registered.filter(({ name }) => name === "again"),
        [],
      );
    });

    it("but not through another one, nor of another key", async () => {
      const registered = await run(() => {
        const [a, b] = ["a", "b"].map((name) => new KmsProvider(name, { keyCollection: "us-west-1" }));
        const [k, l] = ["k", "l"].map((name) => new ManagedKey(name));
        return [
          new KeyDistribution("ka", { kms: a!, key: k! }),
          new KeyDistribution("kb", { kms: b!, key: k! }),
          new KeyDistribution("la", { kms: a!, key: l! }),
        ];
      });
      assert.equal(registered.filter(({ type }) => bare(type) === "KeyDistribution").length, 3);
    });
  });
});

describe("replicate()", () => {
  it("makes one KeyReplica for each Region of the key", async () => {
    const registered = await run(shop);
    for (const region of ["eu-west-1", "us-east-1"]) {
      const { inputs } = find(registered, "KeyReplica", `orders-prod-${region}`);
      assert.equal(inputs.region, region);
      assert.equal(inputs.aliasName, "alias/hashicorp/orders-1760000000");
      assert.equal(
        inputs.aliasArn,
        `arn:aws:kms:${region}:111122223333:alias/hashicorp/orders-1760000000`,
        "which differs from the primary's in its Region",
      );
    }
  });

  it("gives its arguments to every one, and parent, protection and retention of the distribution", async () => {
    const registered = await run(() => {
      const kms = new KmsProvider("p", { keyCollection: "us-west-1" });
      const key = new ManagedKey("k", { replicaRegions: ["eu-west-1", "us-east-1"] });
      const dist = new KeyDistribution("d", { kms, key }, { protect: true, retainOnDelete: true });
      return dist.replicate({ tags: { app: "shop" }, deletionWindowDays: 7 });
    });
    for (const region of ["eu-west-1", "us-east-1"]) {
      const { inputs, protect, retainOnDelete } = find(registered, "KeyReplica", `d-${region}`);
      assert.deepEqual([inputs.tags, inputs.deletionWindowDays], [{ app: "shop" }, 7]);
      assert.deepEqual([protect, retainOnDelete], [true, true]);
    }
  });

  it("makes none for a key without Regions", async () => {
    await run(() => {
      const kms = new KmsProvider("p", { keyCollection: "us-west-1" });
      const dist = new KeyDistribution("d", { kms, key: new ManagedKey("k") });
      assert.deepEqual(dist.replicate(), []);
      return dist;
    });
  });
});

describe("KeyReplica", () => {
  it("takes its distribution along: what it is, where its keys go and which versions there are", async () => {
    const registered = await run(() => {
      const dist = shop()[2] as KeyDistribution;
      return new KeyReplica("alone", { distribution: dist, region: "eu-west-1" });
    });
    const distribution = find(registered, "KeyDistribution").inputs;
    const replica = unwrapped(
      find(registered, "KeyReplica", "alone").inputs.distribution,
    ) as typeof distribution;
    assert.equal(replica.name, "orders-1760000000");
    assert.equal(replica.stack, "org/shop/prod");
    assert.deepEqual(replica.kms, unwrapped(distribution.kms));
    assert.deepEqual(replica.key, unwrapped(distribution.key));
    assert.deepEqual(Object.keys(replica.versions as object), ["1"]);
  });
});
