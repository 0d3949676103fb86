import assert from "node:assert/strict";
import { join } from "node:path";
import type { LocalKms } from "../../local-kms/src/index";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project, type Result } from "./support";

interface Settings {
  trigger?: string;
  rotationPeriod?: string;
  validFor?: string;
  tag?: string;
}

/** In the state. */
interface Resource {
  urn: string;
  id: string;
  inputs: object;
  outputs: Record<string, string | number>;
}

/** A key with a replica, which rotates and expires; whoever reads its dates sees only strings. */
const program = (url: string, { trigger = "1", rotationPeriod, validFor, tag = "a" }: Settings) => `
  const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
  const kms = new KmsProvider("prod", {
    keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
  });
  const key = new ManagedKey("orders", {
    replicaRegions: ["eu-west-1"], rotationTrigger: "${trigger}", rotationPeriod: ${JSON.stringify(rotationPeriod)},
  });
  const tags = { team: "${tag}" };
  const distribution = new KeyDistribution("orders", { kms, key, tags, validFor: ${JSON.stringify(validFor)} });
  distribution.replicate({ tags });
  exports.rotateAfter = key.rotateAfter;
  exports.renewAfter = distribution.renewAfter;
`;

const DAY = 86_400_000;

describe("a saved plan, on the real engine", function () {
  this.timeout(600_000);
  let local: LocalKms;
  let project: Project;
  let plan: string;
  /** Days that the clock is ahead: each test goes on from the one before. */
  let days = 0;

  before(async () => {
    local = await startLocalKms({ config: { now: () => moment(0) } });
    const env = {
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      PULUMI_EXPERIMENTAL: "true",
    };
    project = await openProject({ program: "", env });
    plan = join(project.folder.root, "plan.json");
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const later = () => ({ daysLater: days });
  const moment = (more: number) => new Date(Date.now() + (days + more) * DAY);
  const dateIn = (more: number) => moment(more).toISOString().slice(0, 10);
  const said = ({ stdout, stderr }: Result) => stdout + stderr;
  const planned = async (settings: Settings) => {
    await project.setProgram(program(local.url, settings));
    return said(await project.preview({ diff: true, args: ["--save-plan", plan], ...later() }));
  };
  const applied = () => project.up({ args: ["--plan", plan], ...later() });
  /**
   * In one order: the engine writes those that an update touches behind the others. Without their dependencies, which it writes
   * in the order in which the program's promises ended.
   */
  const resources = async () => {
    const { resources } = await project.state();
    return (resources as Resource[])
      .map(({ urn, id, inputs, outputs }) => ({ urn, id, inputs, outputs }))
      .sort((a, b) => (a.urn < b.urn ? -1 : 1));
  };
  /** What a plan is about, as the state has it. */
  const state = async () => {
    const all = await resources();
    const of = (resource: string) => all.find(({ urn }) => urn.endsWith(`:${resource}`))!.outputs;
    const { keyVersion, rotatedOn, rotateAfter } = of("ManagedKey::orders");
    const [{ importedOn, renewAfter, tags }, abroad] = [
      of("KeyDistribution::orders"),
      of("KeyReplica::orders-eu-west-1"),
    ];
    assert.deepEqual([abroad.importedOn, abroad.renewAfter, abroad.tags], [importedOn, renewAfter, tags]);
    return { keyVersion, rotatedOn, rotateAfter, importedOn, renewAfter, tags };
  };
  /** The engine refuses the plan, and neither AWS nor the state is another then. */
  const isRefused = async (property: RegExp) => {
    const before = await resources();
    local.resetCounts();
    const refusal = said(await project.up({ args: ["--plan", plan], fails: true, ...later() }));
    assert.match(refusal, /violates plan: properties changed/);
    assert.match(refusal, property);
    assert.deepEqual(local.counts(), {});
    assert.deepEqual(await resources(), before);
  };
  const lasting = { rotationPeriod: "90d", validFor: "90d" };

  it("makes a key, its distribution and its replica on a later day, from which its dates count", async () => {
    await planned(lasting);
    days += 1;
    await applied();
    assert.deepEqual(await state(), {
      keyVersion: 1,
      rotatedOn: dateIn(0),
      rotateAfter: dateIn(90),
      importedOn: dateIn(0),
      renewAfter: dateIn(60),
      tags: { team: "a" },
    });
  });

  it("changes a tag on a later day, and no date", async () => {
    const before = await state();
    assert.doesNotMatch(await planned({ ...lasting, tag: "b" }), /~ (key|rotate|import|renew)/);
    days += 1;
    await applied();
    assert.deepEqual(await state(), { ...before, tags: { team: "b" } });
  });

  it("rotates by the trigger on a later day", async () => {
    const before = await state();
    const preview = await planned({ ...lasting, tag: "b", trigger: "2" });
    assert.equal(preview.match(/^ {6}~ keyVersion +: 1 => 2/gm)?.length, 3, preview);
    days += 1;
    await applied();
    const rotated = { keyVersion: 2, rotatedOn: dateIn(0), rotateAfter: dateIn(90) };
    assert.deepEqual(await state(), { ...before, ...rotated });
  });

  it("is refused before anything is done where an import became due; a new one, on a later day again, imports", async () => {
    const settings = { ...lasting, tag: "c", trigger: "2" };
    await planned(settings);
    days += 60;
    await isRefused(/~importedOn/);
    const preview = await planned(settings);
    assert.equal(preview.match(/^ {6}~ importedOn +: "[-\d]+" => \[unknown\]/gm)?.length, 2, preview);
    days += 1;
    await applied();
    const { keyVersion, importedOn, renewAfter, tags } = await state();
    assert.deepEqual([keyVersion, importedOn, renewAfter, tags], [2, dateIn(0), dateIn(60), { team: "c" }]);
  });

  it("is refused before anything is done where a rotation became due; a new one, on a later day again, rotates", async () => {
    const settings = { ...lasting, tag: "d", trigger: "2" };
    const before = await state();
    await planned(settings);
    days += 30;
    await isRefused(/~keyVersion/);
    const preview = await planned(settings);
    assert.equal(preview.match(/^ {6}~ keyVersion +: 2 => 3/gm)?.length, 3, preview);
    days += 1;
    await applied();
    const rotated = { keyVersion: 3, rotatedOn: dateIn(0), rotateAfter: dateIn(90) };
    assert.deepEqual(await state(), { ...before, ...rotated, tags: { team: "d" } });
  });

  it("leaves nothing to do: an update without one finds no change and calls nothing", async () => {
    local.resetCounts();
    assert.match(said(await project.up(later())), /\b\d+ unchanged/);
    assert.deepEqual(local.counts(), {});
  });
});
