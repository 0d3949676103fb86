import {
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  ScheduleKeyDeletionCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kms";
import { type BackedUp, backUp } from "../../world/backup";
import { allowsRoot, keyPolicy } from "../../world/keyPolicy";
import type { Program, ProgramInputs } from "../../world/program";
import { ABROAD, FAR, HOME, recordsOf } from "../../world/scene";
import { replicatedVaultKey, VAULTS_ALIAS } from "../../world/vaultKey";
import type { Bench } from "./bench";

/** An operation of the life cycle that a fault is to strike. */
export interface Scenario {
  title: string;
  /** What was there before it; all goes well. */
  before?(bench: Bench): Promise<void>;
  /** One run of the operation. */
  run(program: Program): Promise<void>;
  /** Regions in which applications use the alias all the while, so that it must serve after every failure. */
  inUse?: string[];
  ends: End;
}

/** What is there when it is done. */
export type End =
  | {
      regions: string[];
      latest: number;
      lowest?: number;
      oneKmsKey?: true;
      /** The version that the alias is on; by default the latest. */
      signing?: number;
      /** They point where the distribution's own points. */
      extraAliases?: string[];
    }
  | { removed: ProgramInputs; lowest?: never };

const single = (rotationTrigger: string, more = {}): ProgramInputs => ({ key: { rotationTrigger, ...more } });
const replicated = (rotationTrigger: string, more: ProgramInputs = {}): ProgramInputs => ({
  replicas: [ABROAD],
  ...more,
  key: { replicaRegions: [ABROAD, FAR], rotationTrigger, ...more.key },
});
const onDemand = (rotationTrigger: string, more: ProgramInputs = {}): ProgramInputs =>
  replicated(rotationTrigger, { ...more, distribution: { rotationStrategy: "on-demand" } });
const up = (inputs: ProgramInputs) => (program: Program) => program.up(inputs);

/** Runs that go well, each with something encrypted afterwards in every Region. */
const after =
  (...runs: ProgramInputs[]) =>
  async (bench: Bench) => {
    for (const inputs of runs) {
      await well(bench, up(inputs));
      for (const region of [HOME, ...(inputs.replicas ?? [])]) await bench.seal(region);
    }
  };

async function well(bench: Bench, work: (program: Program) => Promise<void>): Promise<void> {
  const outcome = await bench.run(work);
  if (outcome !== "done") throw outcome;
}

/** What a destroy of the distribution does: replicas first. */
async function remove(program: Program): Promise<void> {
  for (const name of [...program.states.keys()].filter((name) => /-\d$/.test(name)))
    await program.remove("keyReplica", name);
  if (program.states.has("distribution")) await program.remove("keyDistribution", "distribution");
}

const removed =
  (...runs: ProgramInputs[]) =>
  async (bench: Bench) => {
    await after(...runs)(bench);
    await well(bench, remove);
  };

const named = (rotationTrigger: string, ...extraAliases: string[]) =>
  replicated(rotationTrigger, { distribution: { extraAliases } });

const POLICY = keyPolicy(allowsRoot());
const described = { distribution: { tags: { team: "shop" }, policy: POLICY, description: "orders" } };

/** A primary and a replica that Vault made, with material that this project does not hold. */
const madeByVault = ({ scene }: Bench) => replicatedVaultKey(scene.in(HOME), scene.in(ABROAD));

const adopting = (rotationTrigger: string) =>
  replicated(rotationTrigger, { distribution: { adopt: { aliasName: VAULTS_ALIAS } } });

let backedUp: BackedUp;

/** Runs that go well, a backup, and then the state is lost. */
const lost =
  (...runs: ProgramInputs[]) =>
  async (bench: Bench) => {
    await after(...runs)(bench);
    backedUp = await backUp(bench.program);
    bench.loseState();
  };

const restore = (inputs: ProgramInputs) => (program: Program) =>
  program.up({
    ...inputs,
    key: { ...inputs.key, restore: backedUp.restore },
    distribution: { ...inputs.distribution, adopt: backedUp.adopt },
  });

const ofType = (type: string, rotationTrigger: string) => replicated(rotationTrigger, { key: { type } });

/** A key that signs, whose new versions are published for a day before. */
const publishing = (rotationTrigger: string) =>
  replicated(rotationTrigger, { key: { type: "ecdsa-p256" }, distribution: { publishBefore: "24h" } });

/** What somebody else may do to the KMS keys, seen by a refresh. */
async function meddled(bench: Bench): Promise<void> {
  await after(replicated("a"), replicated("b"))(bench);
  const { 1: first, 2: second } = recordsOf(bench.program);
  const [home, abroad] = [bench.scene.in(HOME), bench.scene.in(ABROAD)];
  await home.send(new UntagResourceCommand({ KeyId: first!.keyId, TagKeys: ["keymgmt:version"] }));
  await home.send(new DisableKeyCommand({ KeyId: second!.keyId }));
  await home.send(new DeleteAliasCommand({ AliasName: bench.aliasName }));
  await abroad.send(new DeleteImportedKeyMaterialCommand({ KeyId: second!.keyId }));
  await abroad.send(new ScheduleKeyDeletionCommand({ KeyId: first!.keyId, PendingWindowInDays: 7 }));
  await bench.program.refreshAll();
}

const expiring = { distribution: { validFor: "30d", renewBefore: "10d" } };
const ALL = [HOME, ABROAD];

export const SCENARIOS: readonly Scenario[] = [
  { title: "create", run: up(single("a")), ends: { regions: [HOME], latest: 1 } },
  {
    title: "create with a replica",
    run: up(replicated("a")),
    ends: { regions: ALL, latest: 1 },
  },
  {
    title: "rotate",
    before: after(single("a")),
    run: up(single("b")),
    inUse: [HOME],
    ends: { regions: [HOME], latest: 2 },
  },
  {
    title: "rotate a key with replicas",
    before: after(replicated("a", { replicas: [ABROAD, FAR] })),
    run: up(replicated("b", { replicas: [ABROAD, FAR] })),
    inUse: [HOME, ABROAD, FAR],
    ends: { regions: [HOME, ABROAD, FAR], latest: 2 },
  },
  {
    title: "rotate with extra aliases, of which one is new and one is dropped",
    before: after(named("a", "alias/dropped", "alias/kept")),
    run: up(named("b", "alias/kept", "alias/new")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2, extraAliases: ["alias/kept", "alias/new"] },
  },
  {
    title: "rotate an RSA key with replicas",
    before: after(ofType("rsa-2048", "a")),
    run: up(ofType("rsa-2048", "b")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "rotate a key whose versions are published before they sign",
    before: after(publishing("a")),
    run: up(publishing("b")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2, signing: 1 },
  },
  {
    title: "move the alias to a version that has been published for its time",
    async before(bench) {
      await after(publishing("a"), publishing("b"))(bench);
      bench.scene.wait(1.1);
    },
    run: up(publishing("b")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "restore an HMAC key from a backup",
    before: lost(ofType("hmac-sha256", "a"), ofType("hmac-sha256", "b")),
    run: restore(ofType("hmac-sha256", "b")),
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "rotate on demand",
    before: after(onDemand("a")),
    run: up(onDemand("b")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2, oneKmsKey: true },
  },
  {
    title: "rotate on demand while a removed replica is pending deletion",
    before: after(onDemand("a", { replicas: [ABROAD, FAR] }), onDemand("a")),
    run: up(onDemand("b")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2, oneKmsKey: true },
  },
  {
    title: "create on demand with a replica",
    run: up(onDemand("a")),
    ends: { regions: ALL, latest: 1, oneKmsKey: true },
  },
  {
    title: "replicate",
    before: after(replicated("a", { replicas: [] }), replicated("b", { replicas: [] })),
    run: up(replicated("b")),
    inUse: [HOME],
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "replicate what rotates on demand",
    before: after(onDemand("a", { replicas: [] }), onDemand("b", { replicas: [] })),
    run: up(onDemand("b")),
    inUse: [HOME],
    ends: { regions: ALL, latest: 2, oneKmsKey: true },
  },
  {
    title: "renew material before it expires",
    async before(bench) {
      await after(replicated("a", expiring))(bench);
      bench.scene.wait(25);
    },
    run: up(replicated("a", expiring)),
    inUse: ALL,
    ends: { regions: ALL, latest: 1 },
  },
  {
    title: "renew material that has expired",
    async before(bench) {
      await after(replicated("a", expiring))(bench);
      bench.scene.wait(31);
      await bench.program.refreshAll();
    },
    run: up(replicated("a", expiring)),
    ends: { regions: ALL, latest: 1 },
  },
  {
    title: "disable a version, change tags, policy and description",
    before: after(replicated("a"), replicated("b")),
    run: up(replicated("b", { key: { minEnabledVersion: 2 }, ...described })),
    inUse: ALL,
    ends: { regions: ALL, latest: 2, lowest: 2 },
  },
  {
    title: "enable a version again",
    before: after(replicated("a"), replicated("b"), replicated("b", { key: { minEnabledVersion: 2 } })),
    run: up(replicated("b")),
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "delete",
    before: after(replicated("a"), replicated("b")),
    run: remove,
    ends: { removed: replicated("b") },
  },
  {
    title: "delete with an extra alias",
    before: after(named("a", "alias/orders"), named("b", "alias/orders")),
    run: remove,
    ends: { removed: replicated("b") },
  },
  {
    title: "delete what rotates on demand",
    before: after(onDemand("a"), onDemand("b")),
    run: remove,
    ends: { removed: onDemand("b") },
  },
  {
    title: "reclaim",
    before: removed(replicated("a"), replicated("b")),
    run: up(replicated("b")),
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "reclaim what rotates on demand",
    before: removed(onDemand("a"), onDemand("b")),
    run: up(onDemand("b")),
    ends: { regions: ALL, latest: 2, oneKmsKey: true },
  },
  {
    title: "adopt",
    before: madeByVault,
    run: up(adopting("a")),
    ends: { regions: ALL, latest: 1 },
  },
  {
    title: "rotate what was adopted",
    async before(bench) {
      await madeByVault(bench);
      await after(adopting("a"))(bench);
    },
    run: up(adopting("b")),
    inUse: ALL,
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "restore from a backup",
    before: lost(replicated("a"), replicated("b")),
    run: restore(replicated("b")),
    ends: { regions: ALL, latest: 2 },
  },
  {
    title: "restore what rotates on demand",
    before: lost(onDemand("a"), onDemand("b")),
    run: restore(onDemand("b")),
    ends: { regions: ALL, latest: 2, oneKmsKey: true },
  },
  {
    title: "repair what has drifted",
    before: meddled,
    run: up(replicated("b")),
    ends: { regions: ALL, latest: 2 },
  },
];
