/** Pulumi's engine, as far as the life cycle sees it: a command of one stack, in one provider process. */
import { resourcesOf } from "../../../../../provider/resources";
import { PartialFailure, type Resource, type Values } from "../../../../../provider/resources/resource";
import { Run } from "../../../../../provider/run";
import { type Declaration, declare } from "../../../../world/declaration";
import type { Connection } from "../aws/connection";
import { materialOf } from "../aws/materials";
import { ACCOUNT } from "../aws/table";
import { HOME } from "./program";
import type { ResourceState, ResourceType, Side } from "./side";

/** A KmsProvider's outputs. It is left out of the walk: it asks STS, calls no KMS operation, and never changes here. */
const KMS = {
  keyCollection: HOME,
  aliasPrefix: "hashicorp",
  accountId: ACCOUNT,
  wrappingKeySpec: "RSA_2048",
};

export interface Outcome {
  side: Side;
  error?: Error;
  /** Resources that were created, updated or deleted. */
  changed: string[];
}

/**
 * `pulumi up`, with `--refresh` or without, in one provider process: check and diff, then create or update, in the order of the
 * program; what it no longer has is deleted last. As test/world/program.ts, on values.
 */
export async function up(side: Side, connection: Connection, refresh = false): Promise<Outcome> {
  const engine = new Engine(side, connection);
  try {
    if (refresh) await engine.refresh();
    await engine.update();
  } catch (error) {
    const cause = error instanceof PartialFailure ? error.cause : (error as Error);
    return { side: engine.side(), changed: engine.changed, error: cause };
  }
  return { side: engine.side(), changed: engine.changed };
}

class Engine {
  readonly changed: string[] = [];
  readonly #states: Record<string, ResourceState>;
  readonly #resources: Record<string, Resource>;
  readonly #declared = new Set<string>();

  constructor(
    readonly before: Side,
    readonly connection: Connection,
  ) {
    this.#states = { ...before.states };
    const run = new Run({ connections: connection.connections() });
    if (!before.isBegun) run.created.recordKmsProvider(KMS);
    const { ManagedKey, KeyDistribution, KeyReplica } = resourcesOf(run);
    this.#resources = {
      managedKey: ManagedKey,
      keyDistribution: KeyDistribution,
      keyReplica: KeyReplica,
    };
  }

  side(): Side {
    return { ...this.before, states: this.#states, isBegun: true };
  }

  /** Reads every resource of the state; the engine then calls `diff` for each. */
  async refresh(): Promise<void> {
    for (const [name, state] of Object.entries(this.#states)) {
      if (state.isReplaced) continue;
      const resource = this.#resources[state.type]!;
      const { outputs, inputs = state.inputs } = await resource.read(state.id, state.outputs);
      const seen = { ...state, outputs: stored(outputs), inputs: stored(inputs) };
      this.#states[name] = seen;
      await resource.diff(state.id, seen.outputs, seen.inputs);
    }
  }

  async update(): Promise<void> {
    await declare(this.before.stack, declarationOf(this.before), async (type, name, inputs) =>
      type === "kmsProvider" ? { id: name, outputs: KMS } : this.#apply(type as ResourceType, name, inputs),
    );
    // What depends on others is deleted before them.
    for (const type of ["keyReplica", "keyDistribution", "managedKey"])
      for (const [name, state] of Object.entries(this.#states))
        if (state.type === type && !this.#declared.has(name)) await this.#delete(name, state);
  }

  async #apply(type: ResourceType, name: string, news: Values): Promise<ResourceState> {
    this.#declared.add(name);
    const resource = this.#resources[type]!;
    const state = this.#states[name];
    const given = stored(news);
    const { calls } = this.connection;
    const checked = await resource.check(state?.inputs, given);
    if (checked.mistakes.length) throw new Error(checked.mistakes.join("\n"));
    const inputs = stored(checked.inputs);
    if (!state) return this.#record(type, name, inputs, () => resource.create(inputs));
    const { changes, replaces } = await resource.diff(state.id, state.outputs, inputs);
    if (this.connection.calls > calls) throw new Error(`a preview of ${name} calls AWS`);
    if (replaces.length) {
      const fresh = await resource.check(undefined, given);
      if (fresh.mistakes.length) throw new Error(fresh.mistakes.join("\n"));
      const anew = stored(fresh.inputs);
      return this.#record(type, name, anew, () => resource.create(anew), state);
    }
    if (!changes && !state.failed) {
      this.#states[name] = { ...state, inputs };
      return this.#states[name]!;
    }
    return this.#record(type, name, inputs, async () => ({
      id: state.id,
      outputs: await resource.update(state.id, state.outputs, inputs),
    }));
  }

  async #record(
    type: ResourceType,
    name: string,
    inputs: Values,
    work: () => Promise<{ id: string; outputs: Values }>,
    replaced?: ResourceState,
  ): Promise<ResourceState> {
    this.changed.push(name);
    const kept = (id: string, outputs: Values, failed?: true) => {
      if (this.connection.isKilled) return; // nobody was left to tell the engine
      if (replaced) this.#states[`${name}, replaced`] = { ...replaced, isReplaced: true };
      this.#states[name] = {
        type,
        id,
        inputs,
        outputs: stored(outputs),
        ...(failed && { failed }),
      };
    };
    try {
      const { id, outputs } = await work();
      kept(id, outputs);
    } catch (error) {
      if (error instanceof PartialFailure) kept(error.id, error.outputs, true);
      throw error;
    }
    if (this.connection.isKilled) throw new Error("the process was killed");
    return this.#states[name]!;
  }

  async #delete(name: string, { type, id, outputs }: ResourceState): Promise<void> {
    this.changed.push(name);
    await this.#resources[type]!.delete(id, outputs);
    if (this.connection.isKilled) throw new Error("the process was killed");
    delete this.#states[name];
  }
}

function declarationOf({
  program,
  type,
  strategy: rotationStrategy,
  replicaRegions,
  own,
}: Side): Declaration {
  const { version, minimum: minEnabledVersion, distribution = "", replicas, replica: suffix } = program;
  const { publishBefore } = program;
  const material = own && materialOf(own, version).toString("base64");
  return {
    key: {
      type,
      replicaRegions,
      minEnabledVersion,
      ...(material ? { material } : { rotationTrigger: `${version}` }),
    },
    isDistributed: program.distribution !== undefined,
    names: { distribution: `distribution${distribution}` },
    distribution: { rotationStrategy, publishBefore },
    replicas,
    suffix,
  };
}

/** As a value looks after a journey through protobuf and the state file; nobody can change it. */
function stored<T>(value: T): T {
  return frozen(JSON.parse(JSON.stringify(value)) as T);
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
