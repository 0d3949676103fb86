import type { InterceptedRequest, Interception } from "../../local-kms/src/index";
import {
  type Kms,
  type KmsConnection,
  KmsConnections,
  type KmsInput,
  type KmsOperation,
} from "../../provider/kms/client/client";
import { Limiter } from "../../provider/kms/client/limiter";
import { type Clock, machineClock } from "../../provider/kms/client/pacing/clock";
import { isStrict } from "./localKms";

/** The n-th call of an operation in a Region, from 0. */
export interface Call {
  operation: string;
  region: string;
  nth: number;
}

/** What becomes of some calls of a run. */
export interface Blow {
  how: Interception;
  /** How many calls it hits; by default one. */
  hits?: number;
  /** The process is gone from then on. */
  kills?: true;
  /** Whether it may hit this call, the `index`-th of the run. */
  fits(call: Call, index: number): boolean;
}

/** How a run ended. */
export type Outcome = "done" | "killed" | Error;

export interface Ran {
  outcome: Outcome;
  /** Its KMS calls, in order. */
  calls: Call[];
  /** How many of them the blow has hit. */
  hits: number;
}

/** The part of a pause that is made: none, but where the account has quotas. */
const PAUSE = () => (isStrict ? 0.1 : 0);

/** A provider process's connections: but in a strict run they pause for no time, and once it is killed nothing is sent and nothing comes back. */
export class ProviderProcess extends KmsConnections {
  private readonly calls: Call[] = [];
  private hits = 0;
  isDead = false;
  private onKilled: () => void = () => {};
  private readonly wrapped = new Map<Kms, Kms>();

  constructor(private readonly blow?: Blow) {
    super({
      limiter: new Limiter({ random: () => 0, log: () => {}, clock: HURRIED_CLOCK }),
      retry: { random: PAUSE },
      time: { connectMs: LONGEST_HURRIED_MS, requestMs: LONGEST_HURRIED_MS },
    });
  }

  /** Waits for what the process does, as long as it lives. */
  async run(work: () => Promise<unknown>): Promise<Ran> {
    const killed = new Promise<Outcome>((resolve) => {
      this.onKilled = () => resolve("killed");
    });
    const ended = work().then(
      (): Outcome => "done",
      (error: Error): Outcome => error,
    );
    const outcome = await Promise.race([ended, killed]);
    return { outcome, calls: this.calls, hits: this.hits };
  }

  /** What becomes of a request of this process. */
  intercept({ operation, region }: InterceptedRequest): Interception | undefined {
    if (this.isDead) return { drop: "hang" };
    const nth = this.calls.filter((call) => call.operation === operation && call.region === region).length;
    const index = this.calls.push({ operation, region, nth }) - 1;
    const { blow } = this;
    if (!blow || this.hits >= (blow.hits ?? 1) || !blow.fits(this.calls[index]!, index)) return undefined;
    this.hits += 1;
    this.isDead = blow.kills ?? false;
    return blow.how;
  }

  /** A request was carried out, or dropped. */
  carriedOut(): void {
    if (this.isDead) this.onKilled();
  }

  override get reading(): KmsConnections {
    return this;
  }

  override open(connection: KmsConnection, region?: string): Kms {
    const kms = super.open(connection, region);
    const known = this.wrapped.get(kms);
    if (known) return known;
    const whileAlive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.isDead) return new Promise(() => {});
      const ended = await work().then(
        (value) => () => value,
        (error) => () => {
          throw error;
        },
      );
      return this.isDead ? new Promise(() => {}) : ended();
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
/** How many times as fast a wait goes by. */
export const HURRY = 25;

/** As `useHurry` has waits go by. */
const HURRIED_CLOCK: Clock = {
  now: () => HURRY * machineClock.now(),
  after: (...wait) => machineClock.after(...wait),
};

/** Makes every wait below a minute shorter: what polls AWS polls sooner, and time limits of calls stay. Call it in a `describe`. */
export function useHurry(): void {
  const real = globalThis.setTimeout;
  const hurried = (work: () => void, ms = 0, ...rest: []) =>
    real(work, ms < LONGEST_HURRIED_MS ? ms / HURRY : ms, ...rest);
  before(() => {
    globalThis.setTimeout = Object.assign(hurried, real) as typeof setTimeout;
  });
  after(() => {
    globalThis.setTimeout = real;
  });
}
