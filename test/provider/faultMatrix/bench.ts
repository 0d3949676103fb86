import { cp, rm } from "node:fs/promises";
import { keyTypeOf } from "../../../provider/keys/keyTypes";
import { temporaryFolder } from "../../temporaryFolders";
import type { Sealed } from "../../world/observer";
import type { State } from "../../world/program";
import type { Call, Outcome } from "../../world/providerProcess";
import { aliasOf, idsOf, Scene } from "../../world/scene";
import { useOf } from "../../world/uses";
import type { Fault } from "./faults";

const QUICK = { replicaCreatingMillis: 5, onDemandRotationMillis: 5 };

/** All that there is at a moment; a bench that begins from it leaves it as it is. */
export interface Moment {
  folder: string;
  now: Date;
  /** Of its local KMS; the state names it. */
  url: string;
  states: Map<string, State>;
  sealed: Sealed[];
  inBackup: string[];
}

/** A scene, a program, what applications have encrypted with its keys, and a network that can be made to fail. */
export class Bench {
  readonly scene = new Scene();
  readonly program = this.scene.program();
  /** Every ciphertext ever made. */
  sealed: Sealed[] = [];
  /** Ids of KMS keys that no state knows any more, and a backup does. */
  inBackup: string[] = [];
  /** The KMS calls of the last run, in order. */
  calls: Call[] = [];
  /** How many of them its fault has hit. */
  hits = 0;

  private constructor(private readonly folder: string) {}

  static async open(from?: Moment): Promise<Bench> {
    const bench = new Bench(await temporaryFolder());
    if (from) await cp(from.folder, bench.folder, { recursive: true });
    const now = from?.now ?? new Date("2026-11-24T12:00:00Z");
    await bench.scene.open(QUICK, { now, dataDir: bench.folder });
    bench.program.reset();
    if (!from) return bench;
    const states = JSON.stringify([...from.states]).replaceAll(from.url, bench.scene.url);
    for (const [name, state] of JSON.parse(states)) bench.program.states.set(name, state);
    bench.sealed = [...from.sealed];
    bench.inBackup = from.inBackup;
    return bench;
  }

  async close(): Promise<void> {
    await this.scene.close();
    await rm(this.folder, { recursive: true });
  }

  /** Ends it. */
  async leave(): Promise<Moment> {
    const { folder, sealed, inBackup, program, scene } = this;
    const moment = { folder, now: new Date(), url: scene.url, states: program.states, sealed, inBackup };
    await scene.close();
    return moment;
  }

  /** The state is gone; its KMS keys and the data under them are not. */
  loseState(): void {
    this.inBackup = idsOf(this.program);
    this.program.reset();
  }

  get aliasName(): string {
    return aliasOf(this.program);
  }

  /** Encrypts through the alias, or signs or makes a MAC, as an application does. */
  async seal(region: string): Promise<Sealed> {
    const use = useOf(keyTypeOf(String(this.program.outputs("key").type)));
    const sealed = await this.scene.at(region).seal(this.aliasName, `text ${this.sealed.length}`, use);
    this.sealed.push(sealed);
    return sealed;
  }

  /** A run of the program, with a fault at one of its calls. */
  async run(work: (program: Bench["program"]) => Promise<void>, fault?: Fault, at?: Call): Promise<Outcome> {
    const { local } = this.scene;
    if (fault?.stale) await local.setConsistency({ lagReads: 3, flipBack: true, ...fault.stale });
    const fits = ({ operation, region, nth }: Call) =>
      operation === at?.operation && region === at.region && nth >= at.nth;
    const blow = fault?.how && { ...fault, how: fault.how, fits };
    try {
      const { outcome, ...ran } = await this.scene.run(this.program, () => work(this.program), blow);
      Object.assign(this, ran);
      return outcome;
    } finally {
      await local.setConsistency(undefined);
    }
  }
}
