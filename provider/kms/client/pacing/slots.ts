import type { Send } from "./sendWindow";
import type { Share } from "./share";

/** After so many slots the pattern repeats. */
const FRAME = 4;
/** For so many frames no other slot is tried, with one slot of our own, two, and three. */
const CALM_FRAMES = [4, 10, 10] as const;
/** After a slot was won, the next is tried sooner. */
const SOONER = 0.4;
/** Who had all slots may have lost one by chance. It is tried again in the next frame, once. */
const AFTER_CHANCE = 0.1;
const SOONEST = 0.1;
/** Without any slot one is tried within this many frames, at most. */
const LONGEST_FRAMES = 4;
/** Parts of a slot: by how much who has all slots comes later than who has none, and how much of it is by chance. */
const LATER = 0.06;
const BY_CHANCE = 0.005;

/**
 * The share of a quota below two a second. Such a quota has no room for bursts: two senders whose phases drift meet all the time, however
 * slow they are, and one that sends evenly keeps everybody else out. So time is cut into slots of one request each, at the same moments for
 * every process with a right clock. Each remembers which slots of a frame of four are its own. A throttle means that another was first in
 * the slot: it is the other's from then on. Who was not throttled for some frames tries one slot more. Who has fewer slots comes a little
 * earlier in the slot, so that the shares become equal.
 */
export class Slots implements Share {
  readonly #mine: boolean[] = Array(FRAME).fill(true);
  /** The first slot at which one that is not ours may be tried. Infinity while one is being tried. */
  #tryFrom = 0;
  #hurry = 1;
  #throttledInARow = 0;
  #chance = 0;

  constructor(
    private readonly slotMs: number,
    private readonly random: () => number,
  ) {}

  get part(): number {
    return this.#count / FRAME;
  }

  dueAt(earliest: number, idle: boolean): number {
    if (idle && this.part === 1) return earliest;
    // A call that was put on the wire late is followed by the next slot all the same.
    const slot = this.#slotFrom(Math.ceil(earliest / this.slotMs - 0.3));
    const later = (LATER * (this.#count + (this.#isMine(slot) ? 0 : 1))) / FRAME + this.#chance;
    return Math.max(earliest, (slot + later) * this.slotMs);
  }

  begun(send: Send): void {
    this.#chance = BY_CHANCE * this.random();
    if (!this.#isMine(this.#slotOf(send))) this.#tryFrom = Number.POSITIVE_INFINITY;
  }

  accepted(send: Send): void {
    this.#throttledInARow = 0;
    const slot = this.#slotOf(send);
    if (this.#isMine(slot)) return;
    this.#mine[slot % FRAME] = true;
    this.#hurry = Math.max(SOONEST, this.#hurry * SOONER);
    this.#tryAfter(slot, this.#calmFrames());
  }

  throttled(send: Send): void {
    const slot = this.#slotOf(send);
    this.#hurry = this.part === 1 ? AFTER_CHANCE : 1;
    this.#mine[slot % FRAME] = false;
    const tries = Math.max(0, ++this.#throttledInARow - FRAME);
    const frames =
      this.#count > 0 ? this.#calmFrames() : Math.min(LONGEST_FRAMES, 2 ** tries) * this.random();
    this.#tryAfter(slot, frames);
  }

  get #count(): number {
    return this.#mine.filter(Boolean).length;
  }

  #calmFrames(): number {
    const frames = CALM_FRAMES[this.#count - 1] ?? 1;
    return frames * this.#hurry * (0.75 + 0.5 * this.random());
  }

  #tryAfter(slot: number, frames: number): void {
    this.#tryFrom = slot + 1 + Math.ceil(frames * FRAME);
  }

  #isMine(slot: number): boolean {
    return this.#mine[slot % FRAME] ?? false;
  }

  #slotOf({ begunAt }: Send): number {
    return Math.round(begunAt / this.slotMs);
  }

  /** The first slot from `from` on that is ours or is to be tried. */
  #slotFrom(from: number): number {
    for (let slot = from; slot < from + FRAME; slot++)
      if (this.#isMine(slot) || slot >= this.#tryFrom) return slot;
    return Math.max(from, this.#tryFrom);
  }
}
