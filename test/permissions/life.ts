import assert from "node:assert/strict";
import { ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { KmsKeyRecords } from "../../provider/resources/wire";
import { Application } from "../provider/resources/support/client";
import { Program, type ProgramInputs } from "../provider/resources/support/program";

export const ACCOUNT = "111122223333";
export const STACK = "organization/shop/dev";
export const REPLICA = "eu-west-1";

/** What a step did without a permission: the error or the warning that came. */
export interface Effect {
  step: string;
  kind: "error" | "warning";
  text: string;
}

export interface Site {
  url: string;
  /** Access key of the principal that runs `up`. */
  credentials: { accessKey: string; secretKey: string };
  /** From now on that principal has all of the permissions, or all but the one that is tried. */
  allow(what: "everything" | "all but one"): Promise<void>;
}

/**
 * A key's life at a KMS where one permission is missing. A step that fails is made again with everything granted, as its owner
 * would, and the permission is taken away again: so each step meets the missing permission. Ciphertext of every stage must decrypt
 * to the end.
 */
export class Life {
  readonly effects: Effect[] = [];
  readonly program: Program;
  private readonly ciphertexts: Uint8Array[] = [];
  private readonly replicated: boolean;
  private inputs: ProgramInputs;

  constructor(
    private readonly site: Site,
    { distribution = {}, replicated }: { distribution?: ProgramInputs["distribution"]; replicated: boolean },
  ) {
    this.program = new Program(site, ACCOUNT);
    this.replicated = replicated;
    this.inputs = {
      kms: { credentials: site.credentials },
      key: { replicaRegions: replicated ? [REPLICA] : [], rotationTrigger: "a" },
      distribution,
      replicas: replicated ? [REPLICA] : [],
    };
  }

  /** A step by what it does to the program's inputs. */
  async up(step: string, more: ProgramInputs = {}): Promise<void> {
    this.inputs = { ...this.inputs, ...more, key: { ...this.inputs.key, ...more.key } };
    const before = this.effects.length;
    await this.step(step, () => this.program.up(this.inputs));
    // What was removed on purpose and is not found again waits for its deletion; its owner was told.
    const told = this.effects.slice(before).some(({ text }) => text.includes("are not found again"));
    if (told && step === "come back") this.ciphertexts.length = 0;
    await this.uses();
  }

  refresh(): Promise<void> {
    return this.step("refresh", async () => void (await this.program.refreshAll()));
  }

  async remove(): Promise<void> {
    if (this.replicated && this.program.states.has(REPLICA))
      await this.step("remove the replica", () => this.program.remove("keyReplica", REPLICA));
    await this.step("remove", () => this.program.remove("keyDistribution", "distribution"));
  }

  async step(step: string, work: () => Promise<void>): Promise<void> {
    const said = sinon.stub(console, "error");
    try {
      await work();
    } catch (error) {
      this.effects.push({ step, kind: "error", text: (error as Error).message });
      await this.site.allow("everything");
      await work();
      await this.site.allow("all but one");
    } finally {
      said.restore();
      for (const [line] of said.args)
        if (String(line).includes("no permission")) this.effects.push({ step, kind: "warning", text: line });
    }
  }

  /** The update is killed when all is made and nothing is stored of it. */
  async killed(): Promise<void> {
    await this.step("create, killed", () => this.program.up({ ...this.inputs, replicas: [] }));
    this.program.states.delete("distribution");
  }

  /** Somebody schedules the deletion of the latest KMS key in AWS. */
  async scheduledOutside(): Promise<void> {
    const [keyId] = this.keyIds().slice(-1);
    const region = this.replicated ? REPLICA : "us-west-1";
    await new Application(this.site, region).send(new ScheduleKeyDeletionCommand({ KeyId: keyId }));
  }

  /** What an application encrypted at any stage must decrypt now. */
  private async uses(): Promise<void> {
    const primary = new Application(this.site, "us-west-1");
    this.ciphertexts.push(
      await primary.encrypt(String(this.program.outputs("distribution").aliasName), "kept"),
    );
    if ((this.inputs.key?.minEnabledVersion ?? 1) !== 1) return;
    for (const application of this.replicated ? [primary, new Application(this.site, REPLICA)] : [primary])
      for (const ciphertext of this.ciphertexts)
        assert.equal((await application.decrypt(ciphertext)).text, "kept");
  }

  keyIds(): string[] {
    const versions = this.program.outputs("distribution").versions as KmsKeyRecords;
    return Object.values(versions).map(({ keyId }) => keyId);
  }
}

/** Create, rotate, raise and lower the minimum, delete: what every key does. */
export async function plainLife(life: Life): Promise<void> {
  await life.up("create");
  await life.up("rotate", { key: { rotationTrigger: "b" } });
  await life.up("disable version 1", { key: { minEnabledVersion: 2 } });
  await life.up("enable version 1", { key: { minEnabledVersion: 1 } });
  await life.remove();
}

/** Create, rotate, delete, with one KMS key for all versions. */
export async function onDemandLife(life: Life): Promise<void> {
  await life.up("create");
  await life.up("rotate", { key: { rotationTrigger: "b" } });
  await life.remove();
}

/** A plain life with all that is optional: drift, changes, repair, coming back. */
export async function fullLife(life: Life): Promise<void> {
  const policy = (Sid: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid,
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    });
  const metadata = { policy: policy("First"), description: "orders", tags: { team: "payments", cost: "42" } };
  await life.up("create", { distribution: metadata, replica: metadata });
  await life.up("rotate", { key: { rotationTrigger: "b" } });
  await life.up("disable version 1", { key: { minEnabledVersion: 2 } });
  await life.up("enable version 1", { key: { minEnabledVersion: 1 } });
  const changed = { policy: policy("Second"), description: "all orders", tags: { team: "billing" } };
  await life.up("change tags, policy, description", { distribution: changed, replica: changed });
  await life.refresh();
  await life.scheduledOutside();
  await life.refresh();
  await life.up("repair");
  await life.remove();
  await life.up("come back");
  await life.remove();
}

/** A key that is made twice, because the first update was killed. */
export async function killedLife(life: Life): Promise<void> {
  await life.killed();
  await life.up("create");
  await life.remove();
}

/** A matrix for people: a line for each permission. */
export function printed(title: string, rows: Map<string, Effect[]>): string {
  const width = Math.max(...[...rows.keys()].map((action) => action.length));
  const lines = [...rows].map(([action, effects]) => {
    const seen = [...new Set(effects.map(({ kind, step }) => `${kind} at ${step}`))].join("; ");
    return `  ${action.padEnd(width)}  ${seen}`;
  });
  return [`${title}: without`, ...lines].join("\n");
}
