import type { KmsOperation } from "../operations";
import type { Clock } from "./clock";

/** A queue that is shorter is not named. */
const LONG_SECONDS = 10;
/** Calls come in bursts. The line is printed after this time, so that it names the length of the whole queue. */
const GATHERING_MS = 1_000;
const REPEAT_MS = 60_000;

export interface Queue {
  calls: number;
  /** How many more may come. */
  following: number;
  /** Until the last call of the queue is sent. */
  seconds: number;
  /** Whether others use the quota too. */
  isShared: boolean;
}

/** Says that calls wait for a quota, and each minute what is left. */
export class WaitingLine {
  #isWatching = false;

  constructor(
    private readonly operation: KmsOperation,
    private readonly region: string,
    private readonly quota: number,
    private readonly clock: Clock,
    private readonly log: (line: string) => void,
  ) {}

  watch(queue: () => Queue): void {
    if (this.#isWatching || queue().seconds <= LONG_SECONDS) return;
    this.#isWatching = true;
    this.#sayAfter(GATHERING_MS, queue);
  }

  #sayAfter(ms: number, queue: () => Queue): void {
    const say = () => {
      const length = queue();
      this.#isWatching = length.seconds > LONG_SECONDS;
      if (!this.#isWatching) return;
      this.log(this.#text(length));
      this.#sayAfter(REPEAT_MS, queue);
    };
    this.clock.after(ms, say, true);
  }

  #text({ calls, following, seconds, isShared }: Queue): string {
    const [what, quota] = [WHAT[this.operation] ?? `calls of kms:${this.operation}`, rate(this.quota)];
    const others = isShared ? ", because others use it too" : "";
    const all = `${following > 0 ? "up to " : ""}${calls + following} ${what}`;
    return `${all} wait for AWS's quota of ${quota} in ${this.region}: about ${time(seconds)}${others}`;
  }
}

const WHAT: Partial<Record<KmsOperation, string>> = {
  CreateAlias: "new aliases",
  CreateKey: "new KMS keys",
  DeleteAlias: "deletions of aliases",
  DisableKey: "KMS keys to disable",
  EnableKey: "KMS keys to enable",
  GetParametersForImport: "imports",
  ImportKeyMaterial: "imports",
  PutKeyPolicy: "key policies",
  ReplicateKey: "new replicas",
  RotateKeyOnDemand: "rotations",
  ScheduleKeyDeletion: "deletions of KMS keys",
  TagResource: "changes of tags",
  UntagResource: "changes of tags",
  UpdateAlias: "changes of aliases",
};

const rate = (quota: number) => (quota < 1 ? `1 in ${round(1 / quota)} seconds` : `${round(quota)} a second`);

const time = (seconds: number) =>
  seconds < 90 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`;

const round = (value: number) => Number(value.toFixed(2));
