import assert from "node:assert/strict";
import { isKeymgmtError } from "../../../provider/errors";
import { keyTypeOf } from "../../../provider/keys/keyTypes";
import type { Values } from "../../../provider/resources/resource";
import type { KmsKeyRecords } from "../../../provider/state/types";
import { isStrict } from "../../world/localKms";
import type { Blow, Ran } from "../../world/providerProcess";
import { aliasOf, HOME, Scene } from "../../world/scene";
import { type Use, useOf } from "../../world/uses";
import { VAULTS_ALIAS, vaultKey } from "../../world/vaultKey";
import { disturb, policyOf } from "./drift";
import { checkInUse, type Secret } from "./inUse";
import { Publication, type Wait } from "./publication";
import { type Beginning, type Event, type Mishap, REPLICAS, type Step } from "./steps";

/** A local KMS whose times are as short as can be. */
const QUICK = { replicaCreatingMillis: 0, onDemandRotationMillis: 0 };

/** A stack, what is declared of it, and what the world around it knows. */
export class Stack {
  readonly scene = new Scene();
  readonly program = this.scene.program();
  readonly secrets: Secret[] = [];
  /** KMS keys that are not this stack's. */
  readonly foreign = new Set<string>();
  readonly use: Use;
  readonly publication = new Publication();
  distributed = true;
  replicas: readonly string[];
  minimum = 1;
  private publishBefore?: Wait;
  extraAliases: readonly string[] = [];
  private trigger = 0;
  private suffix = "";
  private label = "a";
  private disturbed = false;
  private adopt?: { aliasName: string } | { versions: Record<string, string> };

  private constructor(readonly beginning: Beginning) {
    this.replicas = beginning.replicas;
    this.publishBefore = beginning.publishBefore;
    this.use = useOf(keyTypeOf(beginning.type));
  }

  static async begin(beginning: Beginning): Promise<Stack> {
    const stack = new Stack(beginning);
    await stack.scene.open(QUICK, { now: new Date("2026-11-24T12:00:00Z") });
    stack.program.reset();
    if (beginning.adopts) await stack.prepareAdoption(beginning.adopts);
    return stack;
  }

  close(): Promise<void> {
    return this.scene.close();
  }

  /** Others have changed something since the last `up`. */
  get isDisturbed(): boolean {
    return this.disturbed;
  }

  get latest(): number {
    return Number(this.program.outputs("key").latestVersion);
  }

  get aliasName(): string {
    return aliasOf(this.program);
  }

  /** What the state says of a Region. */
  outputs(region: string): Values {
    const name = region === HOME ? "distribution" : `${region}${this.suffix}`;
    return this.program.states.get(name)?.outputs ?? {};
  }

  /** KMS keys by version, of the Regions that the stack is in. */
  records(region: string): KmsKeyRecords {
    return (this.outputs(region).versions ?? {}) as KmsKeyRecords;
  }

  /** Lets a step happen, and has the stack go on until it has nothing to do. */
  async happen({ event, mishap }: Step): Promise<void> {
    switch (event.do) {
      case "wait":
        return this.wait(event, mishap);
      case "others change":
        return this.disturb(event.drifts);
      case "remove the distribution, or bring it back":
        if (this.distributed) return this.remove(mishap);
        this.distributed = true;
        return this.settle(mishap);
      default:
        return this.change(event, mishap);
    }
  }

  private async change(event: Parameters<Stack["declare"]>[0], mishap?: Mishap): Promise<void> {
    // A new KeyReplica leaves an alias alone that others have moved, and says so: nothing tells it whose it was.
    if (event.do === "rename the replicas" && this.disturbed) await this.settle();
    const { replicas, minimum, disturbed } = this;
    this.declare(event);
    if (!this.distributed) return;
    const regions = [HOME, ...replicas.filter((region) => this.replicas.includes(region))];
    if (await this.isRefused()) this.minimum = minimum;
    const inUse = () => checkInUse(this, regions, Math.max(minimum, this.minimum));
    await this.settle(mishap, disturbed ? undefined : inUse);
  }

  /** A change of the program that can be made at any time. */
  private declare(event: Exclude<Event, { do: "wait" | "others change" }>): void {
    switch (event.do) {
      case "rotate":
        this.trigger += 1;
        break;
      case "relabel":
        this.label = this.label === "a" ? "b" : "a";
        break;
      case "rename the replicas":
        this.suffix = this.suffix === "" ? "-renamed" : "";
        break;
      case "publish before":
        if (this.beginning.publishBefore !== undefined) this.publishBefore = event.time;
        break;
      case "have these extra aliases":
        this.extraAliases = event.names;
        break;
      case "set the minimum version":
        if (this.beginning.rotationStrategy === "on-demand") return; // AWS cannot disable one of its materials
        if (this.beginning.adopts && this.replicas.length > 0) return;
        this.minimum = 1 + (event.to % this.latest);
        break;
      case "replicate, or stop it":
        if (this.beginning.isSingle) return;
        if (this.replicas.includes(event.region))
          this.replicas = this.replicas.filter((region) => region !== event.region);
        // Without its material, version 1 cannot be replicated.
        else if (!this.beginning.adopts || this.minimum > 1) this.replicas = [...this.replicas, event.region];
    }
  }

  /** A version that signs before an update is not disabled in it; asked for, nothing is done. */
  private async isRefused(): Promise<boolean> {
    const isWaiting = this.publishBefore !== undefined && this.publishBefore !== "0";
    if (!isWaiting || this.minimum <= (this.publication.signing ?? this.minimum)) return false;
    const before = this.scene.changes.length;
    await assert.rejects(this.up(), /Expected `minEnabledVersion` .* to be at most \d+/);
    assert.deepEqual(this.scene.changes.slice(before), [], "changes by an update that is refused");
    return true;
  }

  /** `up`, after a refresh where something has drifted; and once more where it failed, after a look at what holds then. */
  async settle(mishap?: Mishap, look?: () => Promise<void>): Promise<void> {
    if (this.disturbed) await this.program.refreshAll();
    await this.attempt(() => this.up(), mishap, look);
    this.publication.updated(this.latest, this.publishBefore);
    this.disturbed = false;
  }

  private async wait({ days, refresh }: { days: number; refresh: boolean }, mishap?: Mishap): Promise<void> {
    if (this.disturbed) await this.settle();
    this.scene.wait(days);
    await this.forgetDeleted();
    if (!this.distributed) return;
    if (refresh) await this.program.refreshAll();
    await this.settle(mishap);
  }

  /** What is deleted after its waiting period may be lost: only of a distribution or version that the program gave up. */
  private async forgetDeleted(): Promise<void> {
    const kept = new Set(this.distributed ? Object.values(this.records(HOME)).map(({ keyId }) => keyId) : []);
    const gone = new Set<string>();
    for (const { keyId } of this.secrets)
      if (!kept.has(keyId) && !gone.has(keyId) && !(await this.isThere(keyId))) gone.add(keyId);
    this.secrets.splice(0, Infinity, ...this.secrets.filter(({ keyId }) => !gone.has(keyId)));
  }

  private isThere(keyId: string): Promise<boolean> {
    return this.scene
      .at(HOME)
      .describe(keyId)
      .then(
        () => true,
        () => false,
      );
  }

  /** A `destroy` of the distribution and its replicas; the key stays. */
  private async remove(mishap?: Mishap): Promise<void> {
    if (this.beginning.adopts === "by alias") return; // its alias may be gone then, and cannot be adopted again
    if (this.disturbed) await this.settle();
    this.distributed = false;
    await this.attempt(async () => {
      for (const name of [...this.program.states.keys()].filter((name) => /-\d/.test(name)))
        await this.program.remove("keyReplica", name);
      if (this.program.states.has("distribution"))
        await this.program.remove("keyDistribution", "distribution");
    }, mishap);
    this.publication.removed();
  }

  private async disturb(drifts: Extract<Event, { do: "others change" }>["drifts"]): Promise<void> {
    if (!this.distributed) return;
    for (const drift of drifts) {
      const regions = [HOME, ...this.replicas];
      const region = regions[drift.region % regions.length]!;
      const records = Object.values(this.records(region));
      const record = records[drift.version % records.length]!;
      if (drift.what === "delete material" && record.adopted) continue; // nobody could import it again
      const other = records[(drift.version + 1) % records.length]!;
      const aliases = Object.keys(await this.scene.at(region).aliases());
      const alias = aliases[drift.version % aliases.length] ?? this.aliasName;
      await disturb(drift, this.scene.in(region), alias, record, other).catch((error) => {
        assert.match(error.name, /^(KMSInvalidState|NotFound|LimitExceeded)Exception$/, String(error));
      });
      this.disturbed = true;
    }
  }

  private up(): Promise<void> {
    const { rotationStrategy, validFor, rotationPeriod, deletionWindowDays } = this.beginning;
    const metadata = { tags: { team: this.label }, description: this.label, policy: policyOf(this.label) };
    return this.program.up({
      kms: { wrappingKeySpec: keyTypeOf(this.beginning.type).wrapping.tooShort ? "RSA_3072" : "RSA_2048" },
      key: {
        type: this.beginning.type,
        rotationTrigger: String(this.trigger),
        minEnabledVersion: this.minimum,
        replicaRegions: this.beginning.isSingle ? [] : REPLICAS,
        rotationPeriod,
      },
      distribution: {
        ...{ rotationStrategy, validFor, deletionWindowDays, adopt: this.adopt, ...metadata },
        publishBefore: this.publishBefore,
        extraAliases: [...this.extraAliases],
      },
      replica: { deletionWindowDays, ...metadata },
      replicas: [...this.replicas],
      suffix: this.suffix,
    });
  }

  /** Does it; where a mishap makes it fail, does it again. */
  private async attempt(
    work: () => Promise<void>,
    mishap?: Mishap,
    look?: () => Promise<void>,
  ): Promise<void> {
    const { outcome } = await this.run(work, mishap && blowOf(mishap));
    if (outcome === "done") return;
    const isOfMishap = outcome === "killed" || /by the model/.test(String(outcome));
    // Where KMS shows it late, what was made cannot be found at once. The next update finds it.
    const isNotFoundYet = isStrict && isKeymgmtError(outcome, "OutcomeUnknown");
    if (!isOfMishap && !isNotFoundYet) throw outcome;
    await look?.();
    const again = await this.run(work);
    if (again.outcome !== "done") throw again.outcome;
  }

  private async run(work: () => Promise<void>, blow?: Blow): Promise<Ran> {
    const began = Date.now();
    const ran = await this.scene.run(this.program, work, blow);
    this.publication.published(Object.keys(this.records(HOME)).map(Number), began);
    return ran;
  }

  /** A KMS key of Vault's, say. */
  private async prepareAdoption(how: "by alias" | "by version"): Promise<void> {
    const aliasName = how === "by alias" ? VAULTS_ALIAS : undefined;
    const { keyId } = await vaultKey(this.scene.in(HOME), aliasName, { MultiRegion: true });
    this.foreign.add(keyId); // it stays when the distribution is removed
    this.adopt = aliasName ? { aliasName } : { versions: { 1: keyId } };
  }
}

function blowOf({ call, what }: Mishap): Blow {
  const fits = (_: unknown, index: number) => index === call;
  switch (what) {
    case "is refused":
      return { fits, how: { error: { name: "LimitExceededException", message: "by the model" } } };
    case "loses its answer":
      return { fits, how: { when: "after", drop: "reset" } };
    case "is never sent: killed":
      return { fits, how: { drop: "hang" }, kills: true };
    case "is the last: killed after it":
      return { fits, how: { when: "after", drop: "hang" }, kills: true };
  }
}
