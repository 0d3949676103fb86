import sinon from "sinon";
import type { InterceptedRequest, Interception, LocalKms } from "../../../localkms/index";
import {
  type Kms,
  type KmsConnection,
  KmsConnections,
  type KmsInput,
  type KmsOperation,
} from "../../../provider/kms/client/client";
import { Limiter } from "../../../provider/kms/client/limiter";
import type { KmsKeyRecords } from "../../../provider/state/types";
import { Application } from "../../world/application";
import { localKms, Program } from "../../world/program";
import type { Call, Fault } from "./faults";

const DAY = 24 * 60 * 60 * 1000;

/** What an application has encrypted; `keyId` is that of the KMS key. */
export interface Sealed {
  text: string;
  blob: Uint8Array;
  keyId: string;
}

/** How a run ended. */
export type Outcome = "done" | "killed" | Error;

/** A local KMS of its own, a program, applications that use its keys, and a network that can be made to fail. */
export class Bench {
  /** Every ciphertext ever made. */
  readonly sealed: Sealed[] = [];
  /** What the provider has said. */
  readonly lines: string[] = [];
  /** Ids of KMS keys that no state knows any more, and a backup does. */
  inBackup: string[] = [];
  /** The KMS calls of the last run, in order. */
  calls: Call[] = [];
  program: Program;
  private process: ProviderProcess | undefined;
  private fault: Fault | undefined;
  private at: Call | undefined;
  private struck = 0;
  private onKilled: () => void = () => {};
  private readonly printed: sinon.SinonStub;
  private readonly applications = new Map<string, Application>();

  private constructor(
    readonly local: LocalKms,
    private readonly clock: sinon.SinonFakeTimers,
    network: { intercept: (request: InterceptedRequest) => Interception | undefined; carriedOut: () => void },
  ) {
    this.program = new Program(local);
    this.printed = sinon.stub(console, "error").callsFake((line: string) => void this.lines.push(line));
    network.intercept = (request) => this.intercept(request);
    network.carriedOut = () => {
      if (this.process?.dead) this.onKilled();
    };
  }

  static async open(): Promise<Bench> {
    const now = new Date("2026-11-24T12:00:00Z");
    const clock = sinon.useFakeTimers({ now, toFake: ["Date"], shouldAdvanceTime: true });
    const network = {
      intercept: (_request: InterceptedRequest): Interception | undefined => undefined,
      carriedOut: () => {},
    };
    const local = await localKms(
      {
        replicaCreatingMillis: 5,
        onDemandRotationMillis: 5,
        intercept: (request) => network.intercept(request),
      },
      () => network.carriedOut(),
    );
    return new Bench(local, clock, network);
  }

  async close(): Promise<void> {
    this.clock.restore();
    this.printed.restore();
    await this.local.close();
  }

  wait(days: number): void {
    this.clock.setSystemTime(Date.now() + days * DAY);
  }

  application(region: string): Application {
    const application = this.applications.get(region) ?? new Application(this.local, region);
    this.applications.set(region, application);
    return application;
  }

  /** The stack is gone, and with it the data under its keys. */
  beginAnew(): void {
    this.program = new Program(this.local);
    this.sealed.length = 0;
  }

  /** The state is gone; its KMS keys and the data under them are not. */
  loseState(): void {
    const records = this.program.outputs("distribution").versions as KmsKeyRecords;
    this.inBackup = Object.values(records).map(({ keyId }) => keyId);
    this.program = new Program(this.local);
  }

  get aliasName(): string {
    return String(this.program.outputs("distribution").aliasName);
  }

  /** Encrypts through the alias, as an application does. */
  async seal(region: string): Promise<Sealed> {
    const text = `text ${this.sealed.length}`;
    const blob = await this.application(region).encrypt(this.aliasName, text);
    const { keyArn } = await this.application(region).decrypt(blob);
    const sealed = { text, blob, keyId: keyArn.split("/")[1]! };
    this.sealed.push(sealed);
    return sealed;
  }

  /** A run of the program in a provider process of its own, with a fault at one of its calls. */
  async run(work: (program: Program) => Promise<void>, fault?: Fault, at?: Call): Promise<Outcome> {
    const process = new ProviderProcess();
    this.program.settings = { connections: process };
    Object.assign(this, { process, calls: [], struck: 0, fault, at });
    if (fault?.stale) await this.local.setConsistency({ lagReads: 3, flipBack: true, ...fault.stale });
    const killed = new Promise<Outcome>((resolve) => {
      this.onKilled = () => resolve("killed");
    });
    const { program } = this;
    const ended = work(program).then(
      (): Outcome => "done",
      (error: Error): Outcome => error,
    );
    try {
      return await Promise.race([ended, killed]);
    } finally {
      await this.local.setConsistency(undefined);
      if (process.dead) this.program = survivor(this.local, program);
      this.process = undefined;
    }
  }

  /** How many calls the fault of the last run has hit. */
  get hits(): number {
    return this.struck;
  }

  private intercept({ operation, region }: InterceptedRequest): Interception | undefined {
    const { process, fault, at } = this;
    if (!process) return undefined; // an application's request
    if (process.dead) return { drop: "hang" };
    const nth = this.calls.filter((call) => call.operation === operation && call.region === region).length;
    this.calls.push({ operation, region, nth });
    if (!fault?.how || !at || operation !== at.operation || region !== at.region || nth < at.nth)
      return undefined;
    if (this.struck >= fault.hits) return undefined;
    this.struck += 1;
    if (fault.kills) process.dead = true;
    return fault.how;
  }
}

/** What the engine has in its state after the provider was killed: every resource as it was last recorded. */
function survivor(local: LocalKms, program: Program): Program {
  const next = new Program(local);
  for (const [name, state] of program.states) next.states.set(name, structuredClone(state));
  return next;
}

/** A provider process's connections: they pause for no time, and once it is killed nothing is sent and nothing comes back. */
class ProviderProcess extends KmsConnections {
  dead = false;
  private readonly wrapped = new Map<Kms, Kms>();

  constructor() {
    super({
      limiter: new Limiter({ random: () => 0, log: () => {} }),
      retry: { random: () => 0 },
      time: { connectMs: LONGEST_HURRIED_MS, requestMs: LONGEST_HURRIED_MS },
    });
  }

  override get reading(): KmsConnections {
    return this;
  }

  override open(connection: KmsConnection, region?: string): Kms {
    const kms = super.open(connection, region);
    const known = this.wrapped.get(kms);
    if (known) return known;
    const whileAlive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.dead) return new Promise(() => {});
      const ended = await work().then(
        (value) => () => value,
        (error) => () => {
          throw error;
        },
      );
      return this.dead ? new Promise(() => {}) : ended();
    };
    const wrapped: Kms = {
      region: kms.region,
      say: kms.say,
      call: <Op extends KmsOperation>(operation: Op, input: KmsInput<Op>, context = {}) =>
        whileAlive(() => kms.call(operation, input, context)),
    };
    this.wrapped.set(kms, wrapped);
    return wrapped;
  }
}

const LONGEST_HURRIED_MS = 60_000;
const HURRY = 25;

/** Makes every wait below a minute shorter: what polls AWS polls sooner, and time limits of calls stay. Returns the way back. */
export function hurry(): () => void {
  const real = globalThis.setTimeout;
  const hurried = (work: () => void, ms = 0, ...rest: []) =>
    real(work, ms < LONGEST_HURRIED_MS ? ms / HURRY : ms, ...rest);
  globalThis.setTimeout = Object.assign(hurried, real) as typeof setTimeout;
  return () => {
    globalThis.setTimeout = real;
  };
}
