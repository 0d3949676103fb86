/** The account as the provider reaches it in one run: a `Kms` for each Region, whose connection may fail at a chosen call. */

import { type Kms, KmsConnections } from "../../../../../provider/kms/client/client";
import type { KmsInput, KmsOperation, KmsOutput } from "../../../../../provider/kms/client/operations";
import { isRepeatable } from "../../../../../provider/kms/client/retry";
import { awsError } from "../../../../../provider/kms/errors/awsErrors";
import type { Aws } from "./model";
import { OPERATIONS, READS } from "./operations";

/**
 * What goes wrong at a write, counted from 0.
 * - `lost`: AWS does it, and its answer is lost; the client sends it again where that is safe. The run goes on.
 * - `cut before`, `cut after`: nothing gets through any more, from this write on or after AWS has done it; the provider reports.
 * - `killed`: the process is, after AWS has done it; the engine saves nothing of the resource at hand.
 * - `refused`: AWS refuses it this once (a quota, say). The run goes on.
 * - `raced`: the other stack's `up` comes in between, from its begin to its end. Then it goes on.
 */
export interface Fault {
  write: number;
  how: "lost" | "cut before" | "cut after" | "killed" | "refused" | "raced";
}

export const FAULTS: Fault["how"][] = ["lost", "cut before", "cut after", "killed"];

export interface Write {
  operation: KmsOperation;
  input: Record<string, unknown>;
  region: string;
}

/** Is shown each write before AWS sees it, and after it had its effect. */
export interface Watcher {
  attempted(write: Write, aws: Aws): void;
  done(write: Write, before: Aws, after: Aws): void;
}

export interface Settings {
  fault?: Fault;
  /** What comes in between, where the fault is a race. */
  race?: () => Promise<void>;
  /** What the credentials may do; by default everything. */
  permitted?: ReadonlySet<string>;
}

export class Connection {
  calls = 0;
  writes = 0;
  /** Nothing gets through any more. */
  isCut = false;
  readonly #regions = new Map<string, Kms>();

  constructor(
    public aws: Aws,
    private readonly watcher: Watcher,
    private readonly settings: Settings = {},
  ) {}

  get isKilled(): boolean {
    return this.isCut && this.settings.fault?.how === "killed";
  }

  connections(): KmsConnections {
    const open = (connection: { keyCollection: string }, region = connection.keyCollection) =>
      this.open(region);
    const connections = Object.assign(new KmsConnections({ say: () => {} }), { open });
    return Object.defineProperty(connections, "reading", { value: connections });
  }

  open(region: string): Kms {
    const kms = this.#regions.get(region) ?? {
      region,
      say: () => {},
      call: async (operation, input) => this.#call(operation, input, region),
    };
    this.#regions.set(region, kms);
    return kms;
  }

  async #call<Op extends KmsOperation>(
    operation: Op,
    input: KmsInput<Op>,
    region: string,
  ): Promise<KmsOutput<Op>> {
    this.calls += 1;
    const repeatable = isRepeatable(operation);
    const failure = (thrown: unknown, afterLostAnswer = false) =>
      awsError(thrown, { service: "kms", operation, region, repeatable, afterLostAnswer });
    const { fault, race, permitted } = this.settings;
    if (this.isCut) throw failure(UNREACHABLE);
    if (permitted && !permitted.has(operation)) throw failure(denial(operation));
    const how = !READS.has(operation) && this.writes++ === fault?.write ? fault.how : undefined;
    this.isCut = how === "cut before" || how === "cut after" || how === "killed";
    if (how === "raced") await race?.();
    const send = () => this.#send(operation, input, region);
    try {
      if (how === undefined || how === "raced") return send();
      if (how === "refused") throw REFUSED;
      if (how === "cut before") throw UNREACHABLE;
      send();
      if (!repeatable) throw RESET;
      if (this.isCut) throw UNREACHABLE;
      return send();
    } catch (error) {
      throw failure(error, how === "lost" || how === "cut after" || how === "killed");
    }
  }

  #send<Op extends KmsOperation>(operation: Op, input: KmsInput<Op>, region: string): KmsOutput<Op> {
    const perform = OPERATIONS[operation];
    if (!perform) throw new Error(`the life cycle does not call ${operation}`);
    const write = { operation, input: input as Record<string, unknown>, region };
    const isWrite = !READS.has(operation);
    const before = this.aws;
    if (isWrite) this.watcher.attempted(write, before);
    const [after, answer] = perform({ aws: before, region }, input);
    this.aws = after;
    if (isWrite) this.watcher.done(write, before, after);
    return answer as KmsOutput<Op>;
  }
}

function denial(operation: string): Error {
  const message = `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:${operation}`;
  return Object.assign(new Error(message), {
    name: "AccessDeniedException",
    $metadata: { httpStatusCode: 400 },
  });
}

const REFUSED = Object.assign(new Error("by the model"), {
  name: "LimitExceededException",
  $metadata: { httpStatusCode: 400 },
});
const UNREACHABLE = Object.assign(new Error("connect ECONNREFUSED"), {
  code: "ECONNREFUSED",
  syscall: "connect",
});
const RESET = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
