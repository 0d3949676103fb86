import type { LocalKms, LocalKmsConfig, LocalKmsOptions } from "../../local-kms/src/index";
import { resourcesOf } from "../../provider/resources";
import { PartialFailure, type Resource, type Values } from "../../provider/resources/resource";
import { Run, type RunSettings } from "../../provider/run";
import { UNKNOWN } from "../../provider/schema/unknowns";
import { type Declaration, declare } from "./declaration";
import { SECRET, startLocalKms } from "./localKms";
import { HURRY } from "./providerProcess";

/** A resource in the state. */
export interface State {
  /** Not in one that a test has made up. */
  type?: string;
  id: string;
  inputs: Values;
  outputs: Values;
  /** A create or update failed half-way: the engine updates next time even if diff says no change. */
  failed?: boolean;
}

/**
 * A small stand-in for Pulumi's engine and the SDK's wiring: check, diff, then create or update, with state kept as the engine
 * keeps it. What the program no longer has is deleted last. Each `up` and `remove` is a run, in a provider process of its own.
 */
export class Program {
  readonly states = new Map<string, State>();
  /** Of the runs that begin from now on. */
  settings: RunSettings = {};
  stack: string;
  private resources!: Record<string, Resource>;
  private options: ProgramInputs = {};
  /** What this run has seen the program declare. */
  private readonly shown = new Set<string>();
  /** What was replaced in this run, and is deleted at its end. */
  private originals: State[] = [];

  constructor(
    readonly local: { url: string },
    private readonly accountId = "111122223333",
    private readonly firstStack = "organization/shop/dev",
  ) {
    this.stack = firstStack;
    this.begin();
  }

  /** An empty stack. */
  reset(): void {
    this.states.clear();
    this.settings = {};
    this.stack = this.firstStack;
    this.begin();
  }

  /** Begins a run, as a provider process does. */
  begin(): void {
    const run = new Run(this.settings);
    this.shown.clear();
    this.originals = [];
    const { KmsProvider, ManagedKey, KeyDistribution, KeyReplica } = resourcesOf(run);
    this.resources = {
      kmsProvider: KmsProvider,
      managedKey: ManagedKey,
      keyDistribution: KeyDistribution,
      keyReplica: KeyReplica,
    };
  }

  /** One `up` of what is declared. */
  async up(inputs: ProgramInputs = {}): Promise<void> {
    const { replicas = [], suffix = "", isDistributed = true, isRefreshed = false } = inputs;
    this.options = inputs;
    this.begin();
    if (isRefreshed) await this.refreshFirst();
    const credentials = { accessKey: this.accountId, secretKey: SECRET };
    const kms = { endpoint: this.local.url, credentials, ...inputs.kms };
    await declare(this.stack, { ...inputs, kms }, (type, name, news) => this.apply(type, name, news));
    if (inputs.beside)
      await declare(this.stack, { ...inputs.beside, kms }, async (type, name, news) =>
        type === "managedKey" ? this.states.get(name)! : this.apply(type, name, news),
      );
    if (inputs.names || !isDistributed || inputs.beside) return this.deleteRest();
    const kept = replicas.map((region) => `${region}${suffix}`);
    for (const gone of [...this.states.keys()].filter((name) => REGION.test(name) && !kept.includes(name)))
      await this.delete("keyReplica", gone);
    await this.deleteOriginals();
  }

  /** A resource of the present run, for what a test calls itself. */
  resource(type: string): Resource {
    return this.resources[type]!;
  }

  /** What an update or a preview does first with a resource that the program declares as before. */
  async show(type: string, name: string, isPreview = false): Promise<void> {
    const { id, inputs, outputs } = this.states.get(name)!;
    const resource = this.resources[type]!;
    const checked = await resource.check(inputs, stored(inputs), isPreview);
    await resource.diff(id, stored(outputs), stored(checked.inputs));
  }

  /** What a refresh does with a resource: in an `up --refresh` before the program is run, in a `destroy --refresh` before it is deleted. */
  async refreshed(type: string, name: string): Promise<void> {
    await this.refresh(type, name);
    const { id, inputs, outputs } = this.states.get(name)!;
    await this.resources[type]!.diff(id, stored(outputs), stored(inputs));
  }

  /** All that the program no longer has, dependents first, and what was replaced. A delete that fails ends the run. */
  private async deleteRest(): Promise<void> {
    for (const type of LEVELS) {
      const gone = [...this.states].filter(
        ([name, state]) => typeOf(name, state) === type && !this.shown.has(name),
      );
      for (const [name] of gone) await this.delete(type, name);
      await this.deleteOriginals(type);
    }
  }

  private async deleteOriginals(only?: string): Promise<void> {
    for (const type of LEVELS.filter((level) => only === undefined || level === only))
      for (const original of this.originals.filter((one) => one.type === type))
        await this.resources[type]!.delete(original.id, stored(original.outputs));
  }

  /** As `up --refresh`: every resource is read, then compared with its old inputs; what failed half-way is then forgotten. */
  private async refreshFirst(): Promise<void> {
    const all = [...this.states].map(([name, state]) => [typeOf(name, state), name] as const);
    for (const [type, name] of all) await this.refresh(type, name);
    for (const [type, name] of all) {
      const state = this.states.get(name)!;
      state.failed = undefined;
      await this.resources[type]!.diff(state.id, stored(state.outputs), stored(state.inputs));
    }
  }

  /** One resource is taken out of the program, which still declares the key: what the next `up` does to it. */
  async remove(type: string, name: string): Promise<void> {
    this.begin();
    const { id, inputs, outputs } = this.states.get("key")!;
    const key = this.resources.managedKey!;
    await key.diff(id, outputs, (await key.check(inputs, inputs)).inputs);
    await this.delete(type, name);
  }

  /** What a `destroy` does to one resource. */
  async destroy(type: string, name: string): Promise<void> {
    this.begin();
    await this.delete(type, name);
  }

  /** A delete within the run of the last `up`, as of what the program no longer has. */
  async delete(type: string, name: string): Promise<void> {
    const state = this.states.get(name)!;
    await this.resources[type]!.delete(state.id, state.outputs);
    this.states.delete(name);
  }

  /** Refreshes the distribution and its replicas; returns what has drifted, in words. */
  async refreshAll(): Promise<string[]> {
    this.begin();
    const drift: string[] = [];
    for (const name of this.states.keys()) {
      const type = REGION.test(name) ? "keyReplica" : "keyDistribution";
      if (type === "keyReplica" || name === "distribution")
        drift.push(...((await this.refresh(type, name)).drift as string[]));
    }
    return drift;
  }

  async refresh(type: string, name: string): Promise<Values> {
    const state = this.states.get(name)!;
    const { outputs, inputs } = await this.resources[type]!.read(state.id, state.outputs);
    state.outputs = stored(outputs);
    if (inputs) state.inputs = stored(inputs);
    return state.outputs;
  }

  outputs(name: string): Values {
    return this.states.get(name)!.outputs;
  }

  private async apply(type: string, name: string, news: Values): Promise<State> {
    const resource = this.resources[type]!;
    const state = this.states.get(name);
    const { replaced = [], mayReplace = false, ignoreChanges = {} } = this.options;
    this.shown.add(name);
    // What `--replace` names is checked as new, and not compared.
    if (state && replaced.includes(name)) return this.replace(type, name, state, news);
    const ignored = ignoreChanges[type];
    const said = stored({ ...news, ...(ignored && { ignored }) });
    const given = state ? withIgnored(said, state.inputs, ignored ?? []) : said;
    const { inputs, mistakes } = await resource.check(state?.inputs, given);
    if (mistakes.length) throw new Error(mistakes.join("\n"));
    if (!state) return this.record(type, name, inputs, () => resource.create(stored(inputs)));
    const { changes, replaces } = await resource.diff(state.id, state.outputs, inputs);
    if (replaces.length && mayReplace) return this.replace(type, name, state, news);
    if (replaces.length) throw new Error(`${name} would be replaced because of ${replaces.join(", ")}`);
    if (!changes && !state.failed) {
      state.inputs = stored(inputs);
      return state;
    }
    return this.record(type, name, inputs, async () => ({
      id: state.id,
      outputs: await resource.update(state.id, stored(state.outputs), stored(inputs)),
    }));
  }

  /** The engine checks what it replaces as if there were none before; the original is deleted last, or first. */
  private async replace(type: string, name: string, state: State, news: Values): Promise<State> {
    const resource = this.resources[type]!;
    const { inputs, mistakes } = await resource.check(undefined, stored(news));
    if (mistakes.length) throw new Error(mistakes.join("\n"));
    if (this.options.isDeletedFirst) {
      if (type === "keyDistribution") await this.compareDependents();
      await this.delete(type, name);
    } else this.originals.push({ ...state, type });
    return this.record(type, name, inputs, () => resource.create(stored(inputs)));
  }

  /** Before the engine deletes what others depend on, it asks whether these would be replaced too: without a check. */
  private async compareDependents(): Promise<void> {
    for (const [name, { id, inputs, outputs }] of this.states)
      if (REGION.test(name)) {
        const news = { ...inputs, distribution: UNKNOWN, aliasName: UNKNOWN, aliasArn: UNKNOWN };
        await this.resources.keyReplica!.diff(id, stored(outputs), stored(news));
      }
  }

  private async record(
    type: string,
    name: string,
    inputs: Values,
    work: () => Promise<{ id: string; outputs: Values }>,
  ): Promise<State> {
    try {
      const { id, outputs } = await work();
      const state = { type, id, inputs: stored(inputs), outputs: stored(outputs) };
      this.states.set(name, state);
      return state;
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      this.states.set(name, {
        type,
        id: error.id,
        inputs: stored(inputs),
        outputs: stored(error.outputs),
        failed: true,
      });
      throw error;
    }
  }
}

/** Where `names` or `beside` are given or `isDistributed` is false, all that the program no longer has is deleted last; else only replicas are. */
export interface ProgramInputs extends Declaration {
  /** Another KmsProvider and distribution of the same key, under other names. */
  beside?: Declaration;
  /** As `up --refresh`. */
  isRefreshed?: boolean;
  /** As `up --replace` of the resources with these names. */
  replaced?: string[];
  /** As `deleteBeforeReplace`, of what `replaced` names. */
  isDeletedFirst?: boolean;
  /** What a diff wants to have replaced is; by default that is a mistake of the test. */
  mayReplace?: boolean;
  /** `ignoreChanges`, paths such as "tags.team", by type of resource. */
  ignoreChanges?: Record<string, string[]>;
}

/** The engine puts what the state's inputs have in the place of what the program gives (pkg/resource/deploy, processIgnoreChanges). */
function withIgnored(news: Values, olds: Values, paths: string[]): Values {
  for (const path of paths) {
    const [name, member] = path.split(".") as [string, string?];
    if (member === undefined) set(news, name, olds[name]);
    else {
      const members = { ...(news[name] as Values | undefined) };
      set(members, member, (olds[name] as Values | undefined)?.[member]);
      set(news, name, members);
    }
  }
  return news;
}

function set(values: Values, name: string, value: unknown): void {
  if (value === undefined) delete values[name];
  else values[name] = value;
}

const REGION = /^[a-z]{2}-[a-z]+-\d/;

/** The engine deletes dependents before what they depend on. */
const LEVELS = ["keyReplica", "keyDistribution", "managedKey", "kmsProvider"];

const TYPES: Record<string, string> = {
  kms: "kmsProvider",
  key: "managedKey",
  distribution: "keyDistribution",
};

function typeOf(name: string, { type }: State): string {
  return type ?? (REGION.test(name) ? "keyReplica" : TYPES[name]!);
}

export function localKms(config: LocalKmsConfig = {}, options: LocalKmsOptions = {}): Promise<LocalKms> {
  return startLocalKms({ ...options, config: { replicaCreatingMillis: 50, ...config } }, HURRY);
}

/** As a value looks after a journey through protobuf and the state file. */
function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
