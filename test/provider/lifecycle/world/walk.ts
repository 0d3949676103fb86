/** Walks every state that can be reached, breadth first, and looks at each. */
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { canonical } from "./canonical";
import { faultsOf, type Move, movesFrom, type Possible } from "./moves";
import type { Ran, Runs } from "./run";
import { checkSettled } from "./settled";
import type { Side } from "./stack/side";
import { Violation } from "./watch";
import { type Beginning, begin, type Left, type World } from "./world";

export interface Bounds extends Possible, Beginning {
  name: string;
}

export interface Found {
  /** The shortest way there. */
  path: string[];
  message: string;
}

export interface Walked {
  states: number;
  transitions: number;
  seconds: number;
  depth: number;
  /** States that were reached and not gone on from, as the time was over. */
  left: number;
  found: Found[];
}

interface Node {
  world: World;
  name: string;
  depth: number;
  before?: Node;
}

const MOST_FOUND = 40;

export async function walk(bounds: Bounds, runs: Runs, most = Infinity): Promise<Walked> {
  return new Walk(bounds, runs).all(most);
}

class Walk {
  /** What was left when a state was reached: more than one where neither is more than the other. */
  readonly #visited = new Map<string, Left[]>();
  readonly #settles = new Set<string>();
  readonly #found = new Map<string, Found>();
  #queue: Node[] = [];
  #transitions = 0;

  constructor(
    private readonly bounds: Bounds,
    private readonly runs: Runs,
  ) {}

  async all(most: number): Promise<Walked> {
    const since = process.hrtime.bigint();
    const seconds = () => Number(process.hrtime.bigint() - since) / 1e9;
    let depth = 0;
    let next = 0;
    this.#reach({ world: begin(this.bounds), name: "a stack", depth: 0 });
    for (; next < this.#queue.length && this.#found.size < MOST_FOUND && seconds() < most; next++) {
      const node = this.#queue[next]!;
      this.#queue[next] = undefined as never; // it may go
      depth = node.depth;
      for (const move of movesFrom(node.world, this.bounds, this.runs)) await this.#go(node, move);
    }
    return {
      ...{ states: this.#visited.size, transitions: this.#transitions, seconds: seconds(), depth },
      left: this.#queue.length - next,
      found: [...this.#found.values()],
    };
  }

  async #go(from: Node, move: Move): Promise<void> {
    const reached = await this.#make(from, move);
    if (!reached) return;
    const { node, ran } = reached;
    if (!ran || !move.isCommand) return this.#reach(node);
    if (!(await this.#isRight(from.world, node, move, ran))) return;
    this.#reach(node);
    // What differs after a refresh is what it has seen: without that the other command says it all.
    if (move.refresh !== true || from.world.isDisturbed)
      for (const fault of faultsOf(from.world, move, ran, this.bounds, this.runs)) {
        const broken = await this.#make(from, fault);
        if (broken) this.#reach(broken.node);
      }
  }

  async #make(from: Node, move: Move): Promise<{ node: Node; ran?: Ran } | undefined> {
    this.#transitions += 1;
    const node = { name: move.name, depth: from.depth + 1, before: from };
    try {
      const { world, ran } = await move.make();
      const said = ran?.error ? `${move.name} [${firstSentence(ran.error)}]` : move.name;
      return { node: { ...node, world, name: said }, ran };
    } catch (error) {
      this.#violates({ ...node, world: from.world }, error);
      return undefined;
    }
  }

  /** Whether what must hold after a command does: a repair repairs all, and what is finished leaves nothing to do. */
  async #isRight(before: World, node: Node, { of, refresh }: Move, { error, waited }: Ran): Promise<boolean> {
    const had = Object.keys(before.sides[of]!.states);
    const at = `${canonical(node.world)} ${of} ${refresh} ${had} ${error}`;
    if (this.#settles.has(at)) return true;
    this.#settles.add(at);
    try {
      if (!error) {
        if (waited > 1) throw new Violation(`it waits ${waited} s for AWS, which is consistent`);
        await this.#leavesNothing(node.world, of, refresh);
      }
      if (!refresh || this.bounds.permitted) return true; // a repair needs more than the needed permissions
      const second = error ? await this.runs.in(node.world, of) : undefined;
      if (second?.error && this.#isNobodysToRepair(before, before.sides[of]!, second.error)) return true;
      if (second?.error) throw new Violation(`it is not repaired: ${second.error.message}`);
      if (second) await this.#leavesNothing(second.world, of, refresh);
      checkSettled(before, second?.world ?? node.world, of);
      return true;
    } catch (thrown) {
      this.#violates(node, thrown);
      return false;
    }
  }

  /** What a person has to decide: what signs is not to be disabled; a KMS key is gone; or others deleted the alias, and the stack that waited for its name has it. */
  #isNobodysToRepair({ left }: World, side: Side, { message }: Error): boolean {
    const [, signing] = /Expected `minEnabledVersion` .* to be at most (\d)/.exec(message) ?? [];
    if (signing !== undefined) return signs(side, signing);
    const has = (what: keyof Left) => left[what] < this.bounds.left[what];
    if (has("windows") && /AWS no longer knows it/.test(message)) return true;
    return has("outside") && has("second") && /points to another KMS key/.test(message);
  }

  async #leavesNothing(world: World, of: number, isRefreshed = false): Promise<void> {
    const { calls, changed, error } = await this.runs.in(world, of);
    if (error) throw new Violation(`the next up fails: ${error.message}`);
    if (calls > 0 || changed.length > 0)
      throw new Violation(`the next up has something to do: ${changed.join(", ")}, ${calls} calls`);
    if (!isRefreshed) return; // what a broken run has done, and nobody could note, only a refresh shows
    const seen = await this.runs.in(world, of, { refresh: true });
    if (seen.error) throw new Violation(`the next up --refresh fails: ${seen.error.message}`);
    if (seen.writes > 0 || seen.changed.length > 0)
      throw new Violation(
        `the next up --refresh has something to do: ${seen.changed.join(", ")}, ${seen.writes} writes`,
      );
  }

  #reach(node: Node): void {
    const at = canonical(node.world);
    const before = this.#visited.get(at) ?? [];
    const { left } = node.world;
    if (before.some((other) => isAsMuch(other, left))) return;
    this.#visited.set(at, [...before, left]);
    this.#queue.push(node);
  }

  #violates(node: Node, error: unknown): void {
    const message = error instanceof Violation ? error.message : String((error as Error).stack ?? error);
    const kind = message.replaceAll(/(mrk-)?k\d+|\d{10}|\(\w+\)/g, "…");
    if (this.#found.has(kind)) return;
    const path: string[] = [];
    for (let one: Node | undefined = node; one; one = one.before) path.unshift(one.name);
    this.#found.set(kind, { path, message });
  }
}

/** Whether the state has an alias on the version, which the program wants disabled. */
function signs({ program, states }: Side, version: string): boolean {
  const held = Object.values(states).map(({ outputs }) => outputs);
  const isOn = held.some(({ keyId, versions }) => (versions as KmsKeyRecords)?.[version]?.keyId === keyId);
  return isOn && program.minimum > Number(version);
}

const isAsMuch = (one: Left, other: Left) =>
  (Object.keys(one) as (keyof Left)[]).every((what) => one[what] >= other[what]);

const firstSentence = ({ message }: Error) => message.slice(0, 160);
