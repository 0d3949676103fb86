import assert from "node:assert/strict";
import { DescribeKeyCommand, ListKeysCommand, ListResourceTagsCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { RequestLogEntry } from "../../local-kms/src/index";
import type { KmsKeyRecords } from "../../provider/state/types";
import { Application } from "../world/application";
import { Program, type ProgramInputs } from "../world/program";
import type { Effect } from "./effects";

export const HOME = "us-west-1";
export const REPLICA = "eu-west-1";
export const STACK = "organization/shop/dev";

/** Who acts: the principal with all of a policy, the same with one permission less, or the account's root. */
export type Actor = "everything" | "all but one" | "owner";

/** An account of a KMS, in which a life is lived. */
export interface Site {
  url: string;
  accountId: string;
  /** From now on the environment's credentials are this actor's. */
  as(actor: Actor): Promise<void>;
  /** The answer to the next call of this operation is lost, where the KMS can do that. */
  loseAnswer?(operation: string): Promise<void>;
  /** The KMS's clock goes on, where it can be moved. */
  passMinutes?(minutes: number): Promise<unknown>;
  /** What was asked of the KMS in this account, where it says so. */
  calls?(): RequestLogEntry[];
}

/**
 * A key's life where one permission is missing. A step that fails is made again with everything granted, as its owner
 * would, and the permission is taken away again: so each step meets the missing permission. What an application
 * encrypted at any stage must decrypt to the end, and no KMS key may be left that no state knows; where that does not hold it is
 * an effect, which the table of lives must expect.
 */
export class Life {
  readonly effects: Effect[] = [];
  /** What its steps asked of the KMS. */
  readonly calls: RequestLogEntry[] = [];
  readonly program: Program;
  private inputs: ProgramInputs;
  private ciphertexts: Uint8Array[] = [];

  constructor(
    readonly site: Site,
    readonly replicated: boolean,
    /** How long after the step before each step comes. */
    readonly minutesBetween = 0,
  ) {
    this.program = new Program(site);
    this.inputs = {
      kms: { credentials: undefined },
      key: { replicaRegions: replicated ? [REPLICA] : [], rotationTrigger: "a" },
      replicas: replicated ? [REPLICA] : [],
    };
  }

  /** A step by what it changes of the program's inputs. */
  async up(step: string, more: ProgramInputs = {}): Promise<void> {
    this.inputs = {
      ...this.inputs,
      ...more,
      key: { ...this.inputs.key, ...more.key },
      distribution: { ...this.inputs.distribution, ...more.distribution },
    };
    await this.step(step, () => this.program.up(this.inputs));
    await this.uses();
  }

  /** The same by an update that is killed when all is made and nothing of it is stored but the key. */
  async killed(step: string, more: ProgramInputs = {}): Promise<void> {
    const names = ["distribution", REPLICA];
    const before = names.map((name) => structuredClone(this.program.states.get(name)));
    await this.up(step, more);
    for (const [index, name] of names.entries()) {
      const state = before[index];
      if (state) this.program.states.set(name, state);
      else this.program.states.delete(name);
    }
  }

  refresh(): Promise<void> {
    return this.step("refresh", async () => void (await this.program.refreshAll()));
  }

  /** The program's owner removes what is settled. */
  async remove(): Promise<void> {
    await this.settles();
    await this.site.as("all but one");
    if (this.replicated)
      await this.step("remove the replica", () => this.program.remove("keyReplica", REPLICA));
    await this.step("remove", () => this.program.remove("keyDistribution", "distribution"));
  }

  /** Something that its owner does in AWS, or a state that was there before. */
  async asOwner<T>(work: () => Promise<T>): Promise<T> {
    await this.site.as("owner");
    const result = await work();
    await this.site.as("all but one");
    return result;
  }

  async step(step: string, work: () => Promise<void>): Promise<void> {
    if (this.minutesBetween > 0) await this.site.passMinutes!(this.minutesBetween);
    const said = sinon.stub(console, "error");
    const before = this.site.calls?.().length;
    try {
      await work();
    } catch (error) {
      this.effects.push({ kind: "error", step, text: (error as Error).message });
      await this.site.as("everything");
      await work();
      await this.site.as("all but one");
    } finally {
      said.restore();
      this.calls.push(...(this.site.calls?.().slice(before) ?? []));
      for (const [line] of said.args)
        if (String(line).includes("no permission")) this.effects.push({ kind: "warning", step, text: line });
    }
  }

  application(region = HOME): Application {
    return new Application(this.site, region, this.site.accountId);
  }

  versions(): KmsKeyRecords {
    return this.program.outputs("distribution").versions as KmsKeyRecords;
  }

  /**
   * With the permission given back: what is still not as the program says was lost; the next update puts it right, and the one
   * after that does nothing.
   */
  private async settles(): Promise<void> {
    const seen = () => this.asOwner(() => this.program.refreshAll());
    const drift = await seen();
    if (drift.length > 0)
      this.lost(`${drift.length} ${drift.length === 1 ? "change stays" : "changes stay"} unseen`);
    await this.site.as("everything");
    await this.program.up(this.inputs);
    assert.deepEqual(await seen(), []);
    await this.site.as("everything");
    const before = this.site.calls?.().length;
    await this.program.up(this.inputs);
    assert.equal(this.site.calls?.().length, before, "the update after that has something to do");
    await this.accounts();
    const unreadable = await this.unreadable();
    if (unreadable.length > 0) this.lost("ciphertext of before needs a deletion cancelled by hand");
    this.ciphertexts = this.ciphertexts.filter((ciphertext) => !unreadable.includes(ciphertext));
  }

  /** Every KMS key with the stack's tag is in the state, or its deletion is scheduled. */
  async accounts(): Promise<void> {
    const known = this.program.states.has("distribution") ? this.versions() : {};
    const ids = new Set(Object.values(known).map(({ keyId }) => keyId));
    for (const region of this.replicated ? [HOME, REPLICA] : [HOME])
      for (const keyId of await this.tagged(region))
        if (!ids.has(keyId)) this.lost(`a KMS key in ${region} that no state knows`);
  }

  private async tagged(region: string): Promise<string[]> {
    const application = this.application(region);
    const { Keys = [] } = await application.send(new ListKeysCommand({ Limit: 1000 }));
    const ours: string[] = [];
    for (const { KeyId } of Keys) {
      const { Tags = [] } = await application.send(new ListResourceTagsCommand({ KeyId }));
      const { KeyMetadata } = await application.send(new DescribeKeyCommand({ KeyId }));
      const tagged = Tags.some(({ TagKey, TagValue }) => TagKey === "keymgmt:stack" && TagValue === STACK);
      if (tagged && !KeyMetadata!.KeyState!.endsWith("Deletion")) ours.push(KeyId!);
    }
    return ours;
  }

  /** An application encrypts by the alias, and reads what it encrypted at any stage. */
  private async uses(): Promise<void> {
    const aliasName = String(this.program.outputs("distribution").aliasName);
    const encrypted = await this.application()
      .encrypt(aliasName, "kept")
      .catch(() => undefined);
    if (encrypted) this.ciphertexts.push(encrypted);
    const readable =
      (this.inputs.key?.minEnabledVersion ?? 1) !== 1 || (await this.unreadable()).length === 0;
    if (!encrypted || !readable) this.lost("encrypting or decrypting fails meanwhile");
  }

  /** What no longer decrypts in some Region. */
  private async unreadable(): Promise<Uint8Array[]> {
    const applications = (this.replicated ? [HOME, REPLICA] : [HOME]).map((region) =>
      this.application(region),
    );
    const lost: Uint8Array[] = [];
    for (const ciphertext of this.ciphertexts) {
      const read = applications.map((application) => application.decrypt(ciphertext));
      const texts = await Promise.all(read).catch(() => []);
      if (texts.length === 0 || texts.some(({ text }) => text !== "kept")) lost.push(ciphertext);
    }
    return lost;
  }

  private lost(text: string): void {
    this.effects.push({ kind: "lost", step: "", text });
  }
}

/** A key policy that lets the account's IAM policies decide, as AWS's default does. */
export function policy({ site }: Life, Sid: string): string {
  const Principal = { AWS: `arn:aws:iam::${site.accountId}:root` };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid, Effect: "Allow", Principal, Action: "kms:*", Resource: "*" }],
  });
}
