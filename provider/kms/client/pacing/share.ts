import type { Send } from "./sendWindow";

/** How much of a quota this process takes beside others that use it: other stacks, other tools. It learns of them by throttles only. */
export interface Share {
  /**
   * When the next call may be sent, `earliest` or later. Infinity: not before an answer.
   * @param idle whether nothing was sent lately, so that the call need not wait
   */
  dueAt(earliest: number, idle: boolean): number;
  begun(send: Send): void;
  accepted(send: Send): void;
  throttled(send: Send, now: number): void;
  /** The part that is taken now: 1 for the whole quota. */
  readonly part: number;
}
