import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SIGNATURE } from "../../cli/state/stack";
import { resourcesOf } from "../../provider/resources";
import type { Values } from "../../provider/resources/resource";
import { Run } from "../../provider/run";
import { STATE_VERSION } from "../../provider/state/migrations";
import { readInputs, readOutputs } from "../../provider/state/read";
import type { ResourceName } from "../../provider/state/types";

interface Stored {
  name: string;
  type: ResourceName;
  id: string;
  inputs: Values;
  outputs: Values;
}

const STATES = [
  ...readdirSync(join(__dirname, "0.1.0")).map((file) => `0.1.0/${file}`),
  "../e2e/olderState/export.json",
];

/** Secrets are replaced by their values where the export shows them, and else by a text. */
function opened(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(opened);
  if (SIGNATURE in value)
    return "plaintext" in value ? JSON.parse(String(value.plaintext)) : '{"keys":[]}, encrypted';
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, opened(inner)]));
}

function storedIn(file: string): Stored[] {
  const { deployment } = JSON.parse(readFileSync(join(__dirname, file), "utf8"));
  return deployment.resources.flatMap(({ type, urn, id, inputs, outputs }: Record<string, string>) => {
    const [, name] = /^pulumi-nodejs:dynamic\/keymgmt:(\w+)$/.exec(type!) ?? [];
    // The KeyDistribution beside it has the same names in its inputs.
    if (name === undefined || name === "DistributionAlias") return [];
    const [{ __provider: _, ...given }, { __provider: __, ...made }] = [inputs, outputs].map(
      (values) => opened(values) as Values,
    ) as [Values, Values];
    return { name: urn!.split("::").at(-1), type: name, id, inputs: given, outputs: made } as never;
  });
}

/** Each path where the two differ, with what is there now: `+ key.deletionAllowed: false`. */
function changesOf(before: unknown, now: unknown, path = ""): string[] {
  const isObject = (value: unknown): value is Values => typeof value === "object" && value !== null;
  if (isObject(before) && isObject(now) && Object.keys(now).length > 0) {
    const names = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...names].flatMap((name) => changesOf(before[name], now[name], path ? `${path}.${name}` : name));
  }
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  return [now === undefined ? `- ${path}` : `+ ${path}: ${JSON.stringify(now)}`];
}

/** What separates the present form from that of 0.1.0; states before its last days have a distribution's `deletionAllowed` nowhere. */
const CHANGES: Partial<Record<ResourceName, { inputs: string[]; outputs: string[] }>> = {
  ManagedKey: { inputs: ["+ formerStacks: []"], outputs: ["+ formerStacks: []"] },
  KeyDistribution: { inputs: ["- key.keyring"], outputs: [] },
  KeyReplica: { inputs: ["- distribution.key.keyring"], outputs: [] },
};

const isDefault = (change: string) => /^\+ (distribution\.)?key\.deletionAllowed: false$/.test(change);

describe("a state of an earlier release", () => {
  for (const file of STATES) {
    const all = storedIn(file);
    describe(file, () => {
      it("is read in the form of this release, with nothing of it lost", () => {
        for (const { name, type, id, inputs, outputs } of all) {
          const where = `${type} ${name}`;
          const { inputs: ofInputs, outputs: ofOutputs } = CHANGES[type] ?? { inputs: [], outputs: [] };
          const changes = (now: unknown, before: Values) =>
            changesOf(before, now).filter((change) => !(file.startsWith("..") && isDefault(change)));
          assert.deepEqual(changes(readInputs(type, inputs, where), inputs), ofInputs, where);
          assert.deepEqual(changes(readOutputs(type, outputs, `${where} ${id}`), outputs), ofOutputs, where);
        }
      });

      it("is read the same a second time", () => {
        for (const { type, outputs } of all) {
          const once = readOutputs(type, outputs, type);
          assert.deepEqual(readOutputs(type, { ...once }, type), once);
        }
      });

      it("is refused where a newer release wrote it, or where something of it is gone or of another type", () => {
        for (const { type, outputs } of all) {
          const read = (change: Values) => () => readOutputs(type, { ...outputs, ...change }, `${type} one`);
          const newer = { stateVersion: STATE_VERSION + 1 };
          assert.throws(read(newer), /a newer one did\. Install the newest pulumi-keymgmt/);
          for (const name of ["accountId", "keyring", "aliasName"].filter((each) => each in outputs)) {
            const text =
              /Expected the state of \w+ one to be as this release .*`\w+` (is missing|is not of type string)/;
            assert.throws(read({ [name]: undefined }), text);
            assert.throws(read({ [name]: ["planted"] }), (error: Error) => {
              assert.match(error.message, text);
              return !error.message.includes("planted");
            });
          }
        }
      });

      if (!file.startsWith(".."))
        it("is compared with the same program without a replacement, and without a change but where it was not finished", async () => {
          const run = new Run({ now: () => new Date("2026-11-29T23:59:00Z"), say: () => {} } as never);
          const resources = resourcesOf(run);
          const stack = String(all.find(({ type }) => type === "KeyDistribution")!.outputs.stack);
          const isOpen = (name: string) =>
            file.includes("unfinished") && /^(orders-prod|broken-prod)$/.test(name);
          for (const { name, type, id, inputs, outputs } of all) {
            const news = programOf(type, inputs, all, stack);
            const checked = await resources[type].check(inputs, news, true);
            assert.deepEqual(checked.mistakes, [], name);
            const now = JSON.parse(JSON.stringify(checked.inputs));
            for (const named of ["name", "aliasName", "aliasArn", "distributionTime"])
              if (type === "KeyDistribution") assert.equal(now[named], inputs[named], name);
            const { changes, replaces } = await resources[type].diff(id, outputs, now);
            assert.deepEqual(replaces, [], name);
            assert.equal(changes, type === "KeyDistribution" && isOpen(name), `${type} ${name}`);
          }
        });
    });
  }
});

/** What the present SDK sends for the program that the stored inputs came from. */
function programOf(type: ResourceName, inputs: Values, all: Stored[], stack: string): Values {
  const keyOf = (id: unknown) => all.find((one) => one.type === "ManagedKey" && one.id === id)!;
  const withState = (key: Values) => {
    const { keyring, deletionAllowed } = keyOf(key.id).outputs;
    return { ...key, keyring, deletionAllowed };
  };
  switch (type) {
    case "ManagedKey":
      return { ...inputs, stack };
    case "KeyDistribution":
      return { ...inputs, key: withState(inputs.key as Values) };
    case "KeyReplica": {
      const distribution = inputs.distribution as Values;
      return { ...inputs, distribution: { ...distribution, key: withState(distribution.key as Values) } };
    }
    default:
      return inputs;
  }
}
