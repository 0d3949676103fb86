import assert from "node:assert/strict";
import { KEY_TYPES } from "../../../provider/keys/keyTypes";
import {
  type ObjectSpec,
  type PropertySpec,
  referredType,
  resourceSpec,
} from "../../../provider/schema/definition";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { schemaMistakes, withDefaults } from "../../../provider/schema/validate";
import schema from "../../../schema.json";
import { inputs, inputsOf, pathsIn, types } from "../resources/goodInputs";

describe("schema validation", () => {
  for (const type of types) {
    it(`has nothing to say about good inputs of ${type}`, () => {
      assert.deepEqual(schemaMistakes(type, inputs[type]), []);
    });
  }

  describe("says what is wrong in one sentence", () => {
    const cases: [string, string, Parameters<typeof inputsOf>, string[]][] = [
      [
        "a missing property",
        "KmsProvider",
        ["KmsProvider", { keyCollection: undefined }],
        [
          "Expected `keyCollection`, which is missing; the output of a resource that `--target` leaves out is missing too.",
        ],
      ],
      [
        "a missing property inside another",
        "KmsProvider",
        ["KmsProvider", { "credentials.secretKey": undefined }],
        [
          "Expected `credentials` to have `secretKey`, which is missing; the output of a resource that `--target` leaves out is missing too.",
        ],
      ],
      [
        "a null, which counts as missing",
        "KmsProvider",
        ["KmsProvider", { "assumeRole.roleArn": null }],
        [
          "Expected `assumeRole` to have `roleArn`, which is missing; the output of a resource that `--target` leaves out is missing too.",
        ],
      ],
      [
        "a misspelt property",
        "KmsProvider",
        ["KmsProvider", { keyColection: "us-west-1" }],
        ["`keyColection` is not an input of this resource; check its spelling."],
      ],
      [
        "a misspelt property inside another",
        "KmsProvider",
        ["KmsProvider", { "webIdentity.tokenfile": "x" }],
        ["`webIdentity.tokenfile` is not an input of this resource; check its spelling."],
      ],
      [
        "a value that an enum does not have",
        "KmsProvider",
        ["KmsProvider", { wrappingKeySpec: "RSA_1024" }],
        ['Expected `wrappingKeySpec` to be "RSA_4096" or "RSA_3072" or "RSA_2048"; what came is not.'],
      ],
      [
        "a key type that there is not",
        "ManagedKey",
        ["ManagedKey", { type: "aes128-gcm96" }],
        [
          `Expected \`type\` to be ${KEY_TYPES.map(({ name }) => `"${name}"`).join(" or ")}; what came is not.`,
        ],
      ],
      [
        "a wrong type",
        "ManagedKey",
        ["ManagedKey", { deletionAllowed: "yes" }],
        ["Expected `deletionAllowed` to be of type boolean, got string."],
      ],
      [
        "an array where there should be none",
        "ManagedKey",
        ["ManagedKey", { name: ["orders"] }],
        ["Expected `name` to be of type string, got array."],
      ],
      [
        "a fraction where a whole number belongs",
        "ManagedKey",
        ["ManagedKey", { minEnabledVersion: 1.5 }],
        ["Expected `minEnabledVersion` to be of type integer, got number."],
      ],
      [
        "a wrong item of a list",
        "ManagedKey",
        ["ManagedKey", { "replicaRegions.1": 5 }],
        ["Expected `replicaRegions.1` to be of type string, got number."],
      ],
      [
        "a null in a list, where nothing can be left out",
        "ManagedKey",
        ["ManagedKey", { "replicaRegions.1": null }],
        ["Expected `replicaRegions.1` to be of type string, got null."],
      ],
      [
        "a wrong value of a map, whatever its key is",
        "KmsProvider",
        ["KmsProvider", { tags: { "cost/center~1": 7 } }],
        ["Expected `tags.cost/center~1` to be of type string, got number."],
      ],
      [
        "what may be of two types and is of neither",
        "KmsProvider",
        ["KmsProvider", { assumeRole: "arn", endpoint: 5 }],
        [
          "Expected `assumeRole` to be of type object or array, got string.",
          "Expected `endpoint` to be of type string or object, got number.",
        ],
      ],
      [
        "what is wrong in the type that was meant",
        "KmsProvider",
        [
          "KmsProvider",
          {
            assumeRole: [{ roleArn: "arn", tags: { a: 1 } }, { rolearn: "arn" }],
            endpoint: { "us-west-1": 5 },
          },
        ],
        [
          "Expected `assumeRole.0.tags.a` to be of type string, got number.",
          "Expected `assumeRole.1` to have `roleArn`, which is missing; the output of a resource that `--target` leaves out is missing too.",
          "`assumeRole.1.rolearn` is not an input of this resource; check its spelling.",
          "Expected `endpoint.us-west-1` to be of type string, got number.",
        ],
      ],
      [
        "several mistakes, each on its own",
        "KmsProvider",
        ["KmsProvider", { keyCollection: 1, quotas: { Encrypt: "5" } }],
        [
          "Expected `keyCollection` to be of type string, got number.",
          "Expected `quotas.Encrypt` to be of type number, got string.",
        ],
      ],
    ];
    for (const [what, type, args, expected] of cases) {
      it(what, () => assert.deepEqual(schemaMistakes(type, inputsOf(...args)), expected));
    }
  });

  describe("never shows a secret", () => {
    it("not even the type of one", () => {
      for (const value of [5, ["a"], { a: "b" }, true]) {
        assert.deepEqual(schemaMistakes("ManagedKey", inputsOf("ManagedKey", { material: value })), [
          "Expected `material` to be of type string.",
        ]);
      }
    });

    it("that stands in the place of an object", () => {
      assert.deepEqual(schemaMistakes("KmsProvider", inputsOf("KmsProvider", { credentials: "AKIA:hush" })), [
        "Expected `credentials` to be of type object.",
      ]);
    });

    it("inside an object", () => {
      assert.deepEqual(
        schemaMistakes("KmsProvider", inputsOf("KmsProvider", { "credentials.secretKey": 1234567890 })),
        ["Expected `credentials.secretKey` to be of type string."],
      );
      assert.deepEqual(
        schemaMistakes("KeyReplica", inputsOf("KeyReplica", { "distribution.key.keyring": 1234567890 })),
        ["Expected `distribution.key.keyring` to be of type string."],
      );
    });
  });

  describe("lets pass what is not known yet", () => {
    for (const type of types) {
      for (const path of pathsIn(inputs[type])) {
        it(`${type}: ${path}`, () => {
          assert.deepEqual(schemaMistakes(type, inputsOf(type, { [path]: UNKNOWN })), []);
        });
      }
    }

    it("and still sees the mistakes beside it", () => {
      const mixed = { name: UNKNOWN, replicaRegions: [UNKNOWN, 5], deletionAllowed: "no" };
      assert.deepEqual(schemaMistakes("ManagedKey", inputsOf("ManagedKey", mixed)), [
        "Expected `replicaRegions.1` to be of type string, got number.",
        "Expected `deletionAllowed` to be of type boolean, got string.",
      ]);
    });

    it("but not under a name that is no input", () => {
      const misspelt = { minEnabledVersoin: UNKNOWN, credentials: undefined };
      assert.deepEqual(schemaMistakes("ManagedKey", inputsOf("ManagedKey", misspelt)), [
        "`minEnabledVersoin` is not an input of this resource; check its spelling.",
      ]);
    });
  });
});

describe("defaults", () => {
  it("are schema.json's", () => {
    assert.deepEqual(withDefaults("KmsProvider", { keyCollection: "us-west-1" }), {
      keyCollection: "us-west-1",
      provider: "awskms",
      aliasPrefix: "hashicorp",
      wrappingKeySpec: "RSA_4096",
    });
    assert.deepEqual(withDefaults("ManagedKey", { name: "orders" }), {
      name: "orders",
      type: "aes256-gcm96",
      minEnabledVersion: 1,
      deletionAllowed: false,
      keystore: "state",
    });
    assert.deepEqual(withDefaults("KeyDistribution", {}), {
      protection: "hsm",
      rotationStrategy: "manual",
      deletionWindowDays: 30,
    });
    assert.deepEqual(withDefaults("KeyReplica", {}), { deletionWindowDays: 30 });
  });

  it("take the place of undefined and null, and of nothing else", () => {
    const given = {
      minEnabledVersion: 0,
      deletionAllowed: null,
      type: UNKNOWN,
      keystore: undefined,
      name: "",
    };
    assert.deepEqual(withDefaults("ManagedKey", given), {
      minEnabledVersion: 0,
      deletionAllowed: false,
      type: UNKNOWN,
      keystore: "state",
      name: "",
    });
  });

  it("leave the inputs that came as they were", () => {
    const given = Object.freeze({ name: "orders" });
    withDefaults("ManagedKey", given);
    assert.deepEqual(given, { name: "orders" });
  });
});

describe("schema.json", () => {
  const replacing = (type: string) =>
    Object.entries(resourceSpec(type).inputProperties)
      .filter(([, property]) => property.willReplaceOnChanges)
      .map(([name]) => name);

  it("marks the properties that never change in place", () => {
    assert.deepEqual(replacing("KmsProvider"), ["provider", "keyCollection", "aliasPrefix"]);
    assert.deepEqual(replacing("ManagedKey"), ["name", "type", "replicaRegions"]);
    assert.deepEqual(replacing("KeyDistribution"), ["purpose", "protection", "rotationStrategy"]);
    assert.deepEqual(replacing("KeyReplica"), ["region"]);
  });

  it("says the same of an input, of the output of its name, and of what is passed on of it", () => {
    const said = ({ description, default: preset, secret, willReplaceOnChanges }: PropertySpec) => ({
      description,
      preset,
      secret,
      willReplaceOnChanges,
    });
    for (const type of types) {
      const { inputProperties, properties } = resourceSpec(type);
      for (const [name, property] of Object.entries(properties)) {
        if (inputProperties[name])
          assert.deepEqual(said(property), said(inputProperties[name]), `${type}.${name}`);
      }
    }
    const passedOn = referredType(resourceSpec("KeyDistribution").inputProperties.kms!) as ObjectSpec;
    const { properties } = resourceSpec("KmsProvider");
    for (const [name, { description, secret }] of Object.entries(passedOn.properties)) {
      const { description: expected, secret: isSecret } = properties[name]!;
      assert.deepEqual({ description, secret }, { description: expected, secret: isSecret }, name);
    }
  });

  it("describes every type, resource and property in whole sentences", () => {
    const described = [...Object.values(schema.types), ...Object.values(schema.resources)].flatMap((one) => [
      one,
      ...["properties" in one && one.properties, "inputProperties" in one && one.inputProperties].flatMap(
        (properties) => Object.values(properties || {}) as PropertySpec[],
      ),
    ]);
    assert.ok(described.length > 100);
    for (const { description } of described) assert.match(description ?? "", /^[A-Z`].*\.$/s);
  });

  it("refuses to be asked for a resource that it does not have", () => {
    assert.throws(() => resourceSpec("KeyRing"), { message: "schema.json has no resource KeyRing" });
  });
});
