import type { LocalKms } from "../../local-kms/src/index";
import { Stop } from "../e2e/killed/stop";
import { openProject, type Project, type RunOptions } from "../e2e/support";
import { Application } from "../world/application";
import { startLocalKms } from "../world/localKms";
import { Observer } from "../world/observer";
import { Applications } from "./applications";
import type { Programs } from "./operations/edits";
import type { Sequence } from "./operations/operations";
import { type Outcome, outcomeOf } from "./outcomes";
import { ABROAD, type Declared, HOME, programOf, START } from "./program";

export const REGIONS = [HOME, ABROAD];

/** A resource in an exported state. */
export interface Stored {
  urn: string;
  id?: string;
  type: string;
  parent?: string;
  /** It was replaced, and is still to be deleted. */
  delete?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: what a state holds is looked into, not modelled.
  outputs: any;
}

export interface KmsKey {
  id: string;
  state: string;
  tags: Record<string, string>;
}

export const OTHER = "other";

/** A local KMS, a Pulumi project with a stack or two, and who uses them. */
export class World {
  /** Clients of AWS by Region. */
  readonly clients: Record<string, Application>;
  readonly observers: Record<string, Observer>;
  readonly applications: Applications;
  programs: Programs = { now: START, right: START };
  /** Components that are declared beside the right one, so that they can be taken out. */
  beside: Declared[] = [];
  stack = "dev";
  otherIsUp = false;
  /** KMS keys of a lost key, which a refusal said are managed by nobody once one of them is adopted. */
  readonly nobodys = new Set<string>();
  otherWasMade = false;

  private constructor(
    readonly sequence: Sequence,
    readonly local: LocalKms,
    private readonly project: Project,
    readonly stop: Stop,
  ) {
    this.clients = Object.fromEntries(REGIONS.map((region) => [region, new Application(local, region)]));
    this.observers = Object.fromEntries(REGIONS.map((region) => [region, new Observer(local, region)]));
    this.applications = new Applications(this.observers);
  }

  static async open(sequence: Sequence): Promise<World> {
    const stop = new Stop();
    const local = await startLocalKms({
      config: { replicaCreatingMillis: 50, intercept: stop.intercept },
    });
    try {
      const env = {
        AWS_ACCESS_KEY_ID: "111122223333",
        AWS_SECRET_ACCESS_KEY: "secret",
        NODE_NO_WARNINGS: "1",
      };
      return new World(sequence, local, await openProject({ program: "", env }), stop);
    } catch (error) {
      await local.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.project.close();
    await this.local.close();
  }

  /** Runs pulumi on the stack, with the program as it now is. */
  async pulumi(...args: string[]): Promise<Outcome> {
    await this.write([this.programs.now, ...this.beside]);
    return this.run([...args, "--stack", this.stack], { started: this.stop.started });
  }

  /** The same on the second stack, whose key may be deleted. */
  async pulumiOfOther(...args: string[]): Promise<Outcome> {
    await this.write([{ ...START, deletionAllowed: true }]);
    if (!this.otherWasMade) await this.run(["stack", "init", OTHER, "--no-select"]);
    this.otherWasMade = true;
    return this.run([...args, "--stack", OTHER]);
  }

  private write(declared: Declared[]): Promise<void> {
    return this.project.setProgram(programOf(declared, this.local.url, this.sequence.providerInside));
  }

  private async run(args: string[], options: RunOptions = {}): Promise<Outcome> {
    try {
      // An update waits up to two minutes for AWS to settle.
      const { stdout, stderr } = await this.project.pulumi(args, { seconds: 300, ...options });
      return outcomeOf(0, `${stdout}\n${stderr}`);
    } catch (error) {
      const { message } = error as Error;
      const code = /^pulumi .* ended with (\d+)\n/.exec(message)?.[1];
      // Anything else, such as a command that does not end, is no refusal.
      if (code === undefined) throw error;
      return outcomeOf(Number(code), message);
    }
  }

  /** The resources of a stack's state. */
  async state(stack = this.stack): Promise<Stored[]> {
    const { json } = await this.project.stackExport({ args: ["--stack", stack] });
    return (json.deployment.resources ?? []) as Stored[];
  }

  /** Every KMS key of a Region that its owner pays for. */
  async kmsKeys(region: string): Promise<KmsKey[]> {
    const observer = this.observers[region]!;
    const seen = (await observer.keys()).map(async ({ KeyId, KeyState }) => ({
      id: KeyId,
      state: KeyState,
      tags: await observer.tags(KeyId),
    }));
    return Promise.all(seen);
  }

  /** Every alias, and every KMS key that has its material and is not on its way out, in both Regions. */
  async present(): Promise<string[]> {
    const lines: string[] = [];
    for (const region of REGIONS) {
      const keys = (await this.kmsKeys(region)).filter(
        ({ state }) => state !== "PendingImport" && !isGoing(state),
      );
      lines.push(
        ...[...Object.keys(await this.observers[region]!.aliases()), ...keys.map(({ id }) => id)].map(
          (name) => `${name} in ${region}`,
        ),
      );
    }
    return lines;
  }
}

export const isGoing = (state: string) => /^Pending(Replica)?Deletion$/.test(state);

export const nameIn = (urn = "") => urn.split("::").at(-1)!;

export const typeOf = ({ type }: Stored) => type.split(":").at(-1)!;
