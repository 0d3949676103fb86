import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
} from "@aws-sdk/client-kms";
import type sinon from "sinon";
import type { Interception, LocalKms } from "../../../localkms/index";
import { wrapByOaepSha256 } from "../../../provider/kms/wrapping";
import type { KmsKeyRecords } from "../../../provider/state/types";
import { Application } from "../../world/application";
import { localKms, Program } from "../../world/program";
import { disturb, policyOf } from "./drift";
import { checkInUse, type Secret } from "./inUse";
import { Observer } from "./observer";
import { ABROAD, HOME } from "./regions";
import type { Beginning, Event, Mishap, Step } from "./steps";

const ADOPTED_ALIAS = "alias/hashicorp/orders-1700000000";
const DAY = 24 * 60 * 60 * 1000;

/** A stack, what is declared of it, and what the world around it knows. */
export class Stack {
  readonly program: Program;
  /** What others do, and what is seen, by Region. */
  readonly applications: Record<string, Application>;
  readonly observers: Record<string, Observer>;
  readonly secrets: Secret[] = [];
  /** KMS keys that are not this stack's. */
  readonly foreign = new Set<string>();
  distributed = true;
  replicas: readonly string[];
  minimum = 1;
  private trigger = 0;
  private suffix = "";
  private label = "a";
  private disturbed = false;
  private adopt?: { aliasName: string } | { versions: Record<string, string> };
  private mishap?: Mishap & { calls: number };

  /** On a local KMS of its own, whose times are as short as can be. */
  static async begin(beginning: Beginning, clock: sinon.SinonFakeTimers): Promise<Stack> {
    let stack: Stack | undefined;
    const local = await localKms({
      replicaCreatingMillis: 0,
      onDemandRotationMillis: 0,
      intercept: () => stack?.intercept(),
    });
    stack = new Stack(local, beginning, clock);
    if (beginning.adopts) await stack.prepareAdoption(beginning.adopts);
    return stack;
  }

  private constructor(
    readonly local: LocalKms,
    readonly beginning: Beginning,
    private readonly clock: sinon.SinonFakeTimers,
  ) {
    this.program = new Program(local);
    this.replicas = beginning.replicas;
    const each = <T>(make: (region: string) => T) =>
      Object.fromEntries([HOME, ...ABROAD].map((region) => [region, make(region)]));
    this.applications = each((region) => new Application(local, region));
    this.observers = each((region) => new Observer(local, region));
  }

  /** Others have changed something since the last `up`. */
  get isDisturbed(): boolean {
    return this.disturbed;
  }

  get latest(): number {
    return Number(this.program.outputs("key").latestVersion);
  }

  get aliasName(): string {
    return String(this.program.outputs("distribution").aliasName);
  }

  /** KMS keys by version, of the Regions that the stack is in. */
  records(region: string): KmsKeyRecords {
    const name = region === HOME ? "distribution" : `${region}${this.suffix}`;
    return (this.program.states.get(name)?.outputs.versions ?? {}) as KmsKeyRecords;
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
      case "set the minimum version":
        if (this.beginning.rotationStrategy === "on-demand") return; // AWS cannot disable one of its materials
        if (this.beginning.adopts && this.replicas.length > 0) return;
        this.minimum = 1 + (event.to % this.latest);
        break;
      case "replicate, or stop it":
        if (this.replicas.includes(event.region))
          this.replicas = this.replicas.filter((region) => region !== event.region);
        // Without its material, version 1 cannot be replicated.
        else if (!this.beginning.adopts || this.minimum > 1) this.replicas = [...this.replicas, event.region];
    }
  }

  /** `up`, after a refresh where something has drifted; and once more where it failed, after a look at what holds then. */
  async settle(mishap?: Mishap, look?: () => Promise<void>): Promise<void> {
    if (this.disturbed) await this.program.refreshAll();
    await this.attempt(() => this.up(), mishap, look);
    this.disturbed = false;
  }

  private async wait({ days, refresh }: { days: number; refresh: boolean }, mishap?: Mishap): Promise<void> {
    if (this.disturbed) await this.settle();
    this.clock.setSystemTime(Date.now() + days * DAY);
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
    return this.observers[HOME]!.describe(keyId).then(
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
    this.program.states.delete("alias");
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
      await disturb(drift, this.applications[region]!, this.aliasName, record, other).catch((error) => {
        assert.match(error.name, /^(KMSInvalidState|NotFound|LimitExceeded)Exception$/, String(error));
      });
      this.disturbed = true;
    }
  }

  private up(): Promise<void> {
    const { rotationStrategy, validFor, rotationPeriod, deletionWindowDays } = this.beginning;
    const metadata = { tags: { team: this.label }, description: this.label, policy: policyOf(this.label) };
    return this.program.up({
      key: {
        rotationTrigger: String(this.trigger),
        minEnabledVersion: this.minimum,
        replicaRegions: ABROAD,
        rotationPeriod,
      },
      distribution: { rotationStrategy, validFor, deletionWindowDays, adopt: this.adopt, ...metadata },
      replica: { deletionWindowDays, ...metadata },
      replicas: [...this.replicas],
      suffix: this.suffix,
    });
  }

  /** Does it; where a mishap makes it fail, does it again. A process that is killed saves nothing of the resource it was at. */
  private async attempt(
    work: () => Promise<void>,
    mishap?: Mishap,
    look?: () => Promise<void>,
  ): Promise<void> {
    const before = new Map(this.program.states);
    this.mishap = mishap && { ...mishap, calls: 0 };
    try {
      await work();
      return;
    } catch (error) {
      if (!/by the model/.test(String(error))) throw error;
    } finally {
      this.mishap = undefined;
    }
    if (mishap!.what.includes("killed"))
      for (const [name, state] of this.program.states) {
        if (!state.failed || state === before.get(name)) continue;
        if (before.has(name)) this.program.states.set(name, before.get(name)!);
        else this.program.states.delete(name);
      }
    await look?.();
    await work();
  }

  /** Only the provider calls while an attempt is made. */
  private intercept(): Interception | undefined {
    if (!this.mishap) return undefined;
    const { call, what } = this.mishap;
    const passed = this.mishap.calls++ - call;
    const error = { name: "LimitExceededException", message: "by the model" };
    if (passed < 0) return undefined;
    if (what === "is refused") return passed === 0 ? { error } : undefined;
    if (what === "loses its answer") return passed === 0 ? { when: "after", drop: "reset" } : undefined;
    return { when: passed === 0 && what.startsWith("is the last") ? "after" : "before", error };
  }

  /** A KMS key of Vault's, say. */
  private async prepareAdoption(how: "by alias" | "by version"): Promise<void> {
    const home = this.applications[HOME]!;
    const made = await home.send(new CreateKeyCommand({ Origin: "EXTERNAL", MultiRegion: true }));
    const KeyId = made.KeyMetadata!.KeyId!;
    this.foreign.add(KeyId); // it stays when the distribution is removed
    const WrappingAlgorithm = "RSAES_OAEP_SHA_256";
    const { PublicKey, ImportToken } = await home.send(
      new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: "RSA_2048" }),
    );
    const EncryptedKeyMaterial = wrapByOaepSha256(
      randomBytes(32),
      createPublicKey({ key: Buffer.from(PublicKey!), format: "der", type: "spki" }),
    );
    const ExpirationModel = "KEY_MATERIAL_DOES_NOT_EXPIRE";
    await home.send(
      new ImportKeyMaterialCommand({ KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel }),
    );
    if (how === "by version") this.adopt = { versions: { 1: KeyId } };
    else {
      this.adopt = { aliasName: ADOPTED_ALIAS };
      await home.send(new CreateAliasCommand({ AliasName: ADOPTED_ALIAS, TargetKeyId: KeyId }));
    }
  }

  close(): Promise<void> {
    return this.local.close();
  }
}
