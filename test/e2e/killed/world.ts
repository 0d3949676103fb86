import assert from "node:assert/strict";
import type { LocalKms } from "../../../local-kms/src/index";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { Observer, type Sealed } from "../../world/observer";
import { openProject, type Project } from "../support";
import { type Point, Stop } from "./stop";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

interface Key {
  trigger: number;
  distributed: boolean;
}

type Versions = Record<string, { keyId: string }>;

/**
 * A stack whose updates are stopped and run again, and an application that uses its keys all the time: a key each with a
 * distribution in us-west-1 and a replica in eu-west-1.
 */
export class World {
  private readonly keys: Record<string, Key> = {};
  /** Keys whose last update was finished while they were distributed. */
  private inUse: string[] = [];
  private readonly sealed: (Sealed & { key: string })[] = [];
  private readonly observers: Observer[];

  private constructor(
    private readonly local: LocalKms,
    readonly project: Project,
    private readonly stop: Stop,
  ) {
    this.observers = [HOME, ABROAD].map((region) => new Observer(local, region));
  }

  static async open(): Promise<World> {
    const stop = new Stop();
    const local = await startLocalKms({
      config: {
        replicaCreatingMillis: 50,
        intercept: stop.intercept,
      },
    });
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };
    return new World(local, await openProject({ program: "", env }), stop);
  }

  async close(): Promise<void> {
    await this.project.close();
    await this.local.close();
  }

  make(name: string): void {
    this.keys[name] = { trigger: 1, distributed: true };
  }

  rotate(name: string): void {
    this.keys[name]!.trigger += 1;
  }

  /** The distribution goes and the key stays. */
  remove(name: string): void {
    this.keys[name]!.distributed = false;
  }

  bringBack(name: string): void {
    this.keys[name]!.distributed = true;
  }

  /** An update that is stopped at a point, then what Pulumi asks for, and the update again. Everything is accounted for then. */
  async stoppedAndUpAgain(point: Point): Promise<void> {
    await this.project.setProgram(this.program());
    await this.stopped(point, (options) => this.project.up(options));
    for (const name of this.inUse.filter((each) => this.keys[each]!.distributed)) await this.isUsable(name);
    await this.goOn(point);
    await this.project.up();
    await this.isWhole();
  }

  /** The same for the end of the whole stack. */
  async stoppedAndDestroyedAgain(point: Point): Promise<void> {
    await this.project.setProgram(this.program({ deletionAllowed: true }));
    await this.project.up();
    await this.stopped(point, (options) => this.project.destroy(options));
    await this.goOn(point);
    await this.project.destroy();
    for (const name of Object.keys(this.keys)) this.remove(name);
    await this.isWhole();
  }

  private async stopped(
    point: Point,
    run: (options: { fails: true; started: (pid: number) => void }) => Promise<unknown>,
  ): Promise<void> {
    this.stop.arm(point);
    await run({ fails: true, started: this.stop.started });
    assert.ok(this.stop.disarm(), `no ${point.operation} came to stop at`);
    await this.stop.settle(point);
  }

  /** A pulumi that was killed leaves its lock; any other has taken it away, and there is nothing to cancel. */
  private async goOn({ victim }: Point): Promise<void> {
    const locked = victim === "all" || victim === "pulumi alone";
    if (!locked) return;
    let { stderr } = await this.project.up({ fails: true });
    if (/failed to load checkpoint/.test(stderr)) {
      // It was killed while it wrote the state (https://github.com/pulumi/pulumi/issues/4679).
      await this.project.restoreCheckpoint();
      ({ stderr } = await this.project.up({ fails: true }));
    }
    assert.match(stderr, /currently locked by 1 lock/);
    await this.project.pulumi(["cancel", "--yes"]);
  }

  /** Everything that was ever encrypted decrypts in both Regions, and what is encrypted now in either of them. */
  private async isUsable(name: string): Promise<void> {
    const alias = await this.aliasOf(name);
    for (const observer of this.observers) {
      const text = `${name} ${this.sealed.length} in ${observer.region}`;
      this.sealed.push({ key: name, ...(await observer.seal(alias, text)) });
    }
    const sealed = this.sealed.filter(({ key }) => key === name);
    for (const observer of this.observers) assert.deepEqual(await observer.lost(sealed), []);
  }

  /** Nothing is lost and nothing is unaccounted: what AWS has is what the state knows, once. */
  private async isWhole(): Promise<void> {
    const state = await this.stateOfKeys();
    for (const observer of this.observers) {
      const { region } = observer;
      const inUse: string[] = [];
      for (const { KeyId, KeyState } of await observer.keys()) {
        assert.ok("keymgmt:distribution" in (await observer.tags(KeyId)), KeyId);
        if (KeyState === "Enabled") inUse.push(KeyId);
        else assert.match(KeyState, /^Pending(Replica)?Deletion$/, KeyId);
      }
      const known = Object.values(state).flatMap((regions) => idsOf(regions[region]!));
      assert.deepEqual(inUse.sort(), known.sort(), `KMS keys in ${region}, and in the state`);
    }
    for (const [name, { trigger, distributed }] of Object.entries(this.keys)) {
      if (!distributed) {
        await assert.rejects(this.aliasOf(name));
        assert.equal(state[name], undefined);
        continue;
      }
      for (const [region, versions] of Object.entries(state[name]!)) {
        assert.deepEqual(Object.keys(versions), upTo(trigger), region);
        assert.equal(idsOf(versions).length, trigger, region);
        const aliases = await this.observers.find((observer) => observer.region === region)!.aliases();
        assert.equal(aliases[await this.aliasOf(name)], versions[trigger]!.keyId, `the alias in ${region}`);
      }
      await this.isUsable(name);
    }
    this.inUse = Object.keys(this.keys).filter((name) => this.keys[name]!.distributed);
  }

  /** How many creates the state says were under way when pulumi was killed. */
  async pendingCreates(): Promise<number> {
    return (await this.project.state()).pending_operations?.length ?? 0;
  }

  /** The one alias of a key, the same in both Regions. */
  private async aliasOf(name: string): Promise<string> {
    const found = new Set<string>();
    for (const observer of this.observers) {
      const ours = Object.keys(await observer.aliases()).filter((each) =>
        each.startsWith(`alias/hashicorp/${name}-`),
      );
      assert.equal(ours.length, 1, ours.join());
      found.add(ours[0]!);
    }
    assert.equal(found.size, 1);
    return [...found][0]!;
  }

  /** KMS keys by key, Region and version, as the state has them. */
  private async stateOfKeys(): Promise<Record<string, Record<string, Versions>>> {
    const { resources } = await this.project.state();
    const found: Record<string, Record<string, Versions>> = {};
    for (const { type, outputs, initErrors } of resources) {
      const isReplica = type.endsWith(":KeyReplica");
      if (!isReplica && !type.endsWith(":KeyDistribution")) continue;
      assert.equal(initErrors, undefined);
      const { key } = isReplica ? outputs.distribution : outputs;
      const regions = found[key.name] ?? {};
      regions[isReplica ? ABROAD : HOME] = outputs.versions;
      found[key.name] = regions;
    }
    return found;
  }

  private program({ deletionAllowed = false } = {}): string {
    const declared = Object.entries(this.keys).map(
      ([name, { trigger, distributed }]) => `
        {
          const key = new ManagedKey("${name}", {
            replicaRegions: ["${ABROAD}"], rotationTrigger: "${trigger}", deletionAllowed: ${deletionAllowed},
          });
          if (${distributed}) new KeyDistribution("${name}", { kms, key }).replicate();
        }`,
    );
    return `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("prod", {
        keyCollection: "${HOME}", endpoint: "${this.local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
      });
      ${declared.join("")}`;
  }
}

const idsOf = (versions: Versions) => [...new Set(Object.values(versions).map(({ keyId }) => keyId))];

const upTo = (latest: number) => Array.from({ length: latest }, (_, index) => String(index + 1));
