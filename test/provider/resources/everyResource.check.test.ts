import assert from "node:assert/strict";
import sinon from "sinon";
import type { Values } from "../../../provider/resources/resource";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { refusedByPlan } from "../savedPlan";
import {
  checked,
  credentials,
  inputs,
  inputsOf,
  mistakesOf,
  pathsIn,
  plantedBytes,
  providerOf,
  resources,
  type Type,
  types,
} from "./goodInputs";

/** What has `check` plan dates. */
const DATED: Partial<Record<Type, Values>> = {
  ManagedKey: { rotationPeriod: "90d", rotationTrigger: "now" },
  KeyDistribution: { validFor: "90d" },
  KeyReplica: { "distribution.validFor": "90d" },
};

/** Every form in which the planted secrets could show, in the parts too that a message might cut them to. */
const secrets = [
  ...Object.values(credentials),
  plantedBytes.toString("base64").slice(0, 16),
  plantedBytes.toString("base64url").slice(0, 16),
  plantedBytes.toString("hex").slice(0, 16),
  plantedBytes.toString("utf8").slice(0, 16),
];

/** Wrong values for any property; those made of secrets are what a user pastes into the wrong place of a secret. */
const wrong: unknown[] = ["", "?", -1, 1.5, true, null, [], {}, [null], [{}], { "?": "?" }];

/** The same, with the secret that stands at the path in good inputs as a part of them. */
const wrongSecrets = (value: unknown): unknown[] => [
  [value],
  { value },
  `${JSON.stringify(value)} `,
  `${JSON.stringify(value)}${JSON.stringify(value)}`,
  JSON.stringify(value).slice(0, -3),
  Buffer.from(JSON.stringify(value)).toString("base64"),
];

const secretPaths: Record<Type, string[]> = {
  KmsProvider: ["credentials", "credentials.accessKey", "credentials.secretKey", "credentials.sessionToken"],
  ManagedKey: ["material"],
  KeyDistribution: ["kms.credentials", "kms.credentials.secretKey", "key.keyring"],
  KeyReplica: ["distribution.kms.credentials", "distribution.key.keyring"],
};

for (const type of types) {
  describe(`check of a ${type}`, () => {
    const failures = async (changes: Values, olds: Values = {}) => {
      const { failures } = await providerOf(type).check!(olds, {
        ...inputsOf(type, changes),
        isPreview: true,
      });
      return failures!;
    };

    it("reports mistakes under no property, where the engine would print its value, and shows no secret", async () => {
      const olds = await checked(type);
      let told = 0;
      for (const path of pathsIn(inputs[type])) {
        const values = secretPaths[type].includes(path) ? wrongSecrets(at(inputs[type], path)) : [];
        for (const value of [...wrong, ...values]) {
          for (const found of [
            ...(await failures({ [path]: value })),
            ...(await failures({ [path]: value }, olds)),
          ]) {
            told += 1;
            assert.equal(found.property, "", found.reason);
            for (const secret of secrets)
              assert.ok(!found.reason.includes(secret), `${path}: ${found.reason}`);
          }
        }
      }
      assert.ok(told > 100, `${told} mistakes were told`);
    });

    it("reports a secret in an input that is misspelt without showing it", async () => {
      for (const misspelt of ["materail", "secretKey", "Credentials"]) {
        assert.deepEqual(await failures({ [misspelt]: plantedBytes.toString("base64") }), [
          { property: "", reason: `\`${misspelt}\` is not an input of this resource; check its spelling.` },
        ]);
      }
    });

    it("lets every single value pass that is not known yet", async () => {
      const olds = await checked(type);
      for (const path of pathsIn(inputs[type])) {
        assert.deepEqual(await mistakesOf(type, { [path]: UNKNOWN }), [], path);
        assert.deepEqual(await mistakesOf(type, { [path]: UNKNOWN }, olds), [], path);
      }
    });

    it("lets all values pass that are not known yet", async () => {
      const all = Object.fromEntries(Object.keys(inputs[type]).map((name) => [name, UNKNOWN]));
      assert.deepEqual(await mistakesOf(type, all), []);
      assert.deepEqual(await mistakesOf(type, all, await checked(type)), []);
    });

    it("plans in a preview what an update of a later day takes, new or not", async () => {
      for (const olds of [undefined, await checked(type)]) {
        const preview = await checked(type, DATED[type], olds, true);
        const clock = sinon.useFakeTimers({ now: Date.now() + 24 * 60 * 60 * 1000, toFake: ["Date"] });
        const update = await checked(type, DATED[type], olds).finally(() => clock.restore());
        assert.deepEqual(refusedByPlan(preview, update), []);
      }
    });

    it("gives the same inputs when they are checked again", async () => {
      const once = await checked(type);
      const { inputs: twice, mistakes } = await resources[type].check(once, once);
      assert.deepEqual([twice, mistakes], [once, []]);
    });
  });
}

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner, name) => (inner as Values)[name], value);
}
