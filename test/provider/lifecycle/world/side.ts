/** Pulumi's side of one stack: the program, the state file, and the commands that bring one to the other. A value. */
import { distributionAlias } from "../../../../provider/resources/distributionAlias";
import { keyDistribution } from "../../../../provider/resources/keyDistribution";
import { keyReplica } from "../../../../provider/resources/keyReplica";
import { managedKey } from "../../../../provider/resources/managedKey";
import {
  PartialFailure,
  type Resource,
  type ResourceOf,
  type Values,
} from "../../../../provider/resources/resource";
import { Run } from "../../../../provider/run";
import type { Connection } from "./connection";
import { materialOf } from "./materials";
import { ACCOUNT } from "./operations";
import { HOME, type Program } from "./program";

export interface ResourceState {
  readonly type: keyof typeof RESOURCES;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** A create or update failed half-way: the engine updates next time even if diff says no change. */
  readonly failed?: true;
  /** Another has taken its place, and it is to be deleted. */
  readonly isReplaced?: true;
}

export type States = Readonly<Record<string, ResourceState>>;

export interface Side {
  readonly stack: string;
  readonly program: Program;
  readonly strategy: "manual" | "on-demand";
  /** Regions that the key may be replicated to. */
  readonly replicaRegions: readonly string[];
  /** Whose own material the program gives; by default the provider makes it. */
  readonly own?: string;
  readonly states: States;
  /** Whether the stack's KmsProvider was made. */
  readonly isBegun: boolean;
}

const RESOURCES = { managedKey, distributionAlias, keyDistribution, keyReplica } satisfies Record<
  string,
  ResourceOf
>;

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
 * program; what it no longer has is deleted last. As test/provider/resources/support/program.ts, on values.
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
    if (!before.isBegun) run.declared.placeMade(KMS);
    this.#resources = Object.fromEntries(Object.entries(RESOURCES).map(([type, of]) => [type, of(run)]));
  }

  side(): Side {
    return { ...this.before, states: this.#states, isBegun: true };
  }

  /** Reads every resource of the state; the engine then calls `diff` for each. */
  async refresh(): Promise<void> {
    for (const [name, state] of Object.entries(this.#states)) {
      if (state.isReplaced) continue;
      const resource = this.#resources[state.type]!;
      const { outputs } = await resource.read(state.id, state.outputs);
      const seen = stored(outputs);
      this.#states[name] = { ...state, outputs: seen };
      await resource.diff(state.id, seen, state.inputs);
    }
  }

  async update(): Promise<void> {
    const { stack, program, strategy, replicaRegions, own } = this.before;
    const key = await this.#apply("managedKey", "key", {
      name: "orders",
      replicaRegions: [...replicaRegions],
      stack,
      minEnabledVersion: program.minimum,
      ...(own
        ? { material: materialOf(own, program.version).toString("base64") }
        : { rotationTrigger: String(program.version) }),
    });
    if (program.distribution !== undefined) await this.#distribute(key, program, strategy);
    // What depends on others is deleted before them.
    for (const type of ["keyReplica", "keyDistribution", "distributionAlias", "managedKey"])
      for (const [name, state] of Object.entries(this.#states))
        if (state.type === type && !this.#declared.has(name)) await this.#delete(name, state);
  }

  async #distribute(
    key: ResourceState,
    { distribution, replicas, replica }: Program,
    rotationStrategy: string,
  ) {
    const { stack } = this.before;
    const {
      name,
      type,
      minEnabledVersion,
      deletionAllowed,
      keyVersion,
      keyring,
      formerStacks,
      replicaRegions,
    } = key.outputs;
    const alias = await this.#apply("distributionAlias", `alias${distribution}`, {
      keyName: name,
      keyId: key.id,
      replicaRegions,
      aliasPrefix: KMS.aliasPrefix,
      region: HOME,
      accountId: ACCOUNT,
      deletionAllowed,
      makesNew: false,
      kms: KMS,
      stack,
      formerStacks,
      rotationStrategy,
      purpose: ["encrypt", "decrypt"],
      protection: "hsm",
    });
    const { aliasName, aliasArn, distributionTime } = alias.outputs;
    const keyRef = {
      ...{ id: key.id, name, type, replicaRegions, minEnabledVersion, deletionAllowed },
      ...{ keyVersion, keyring, formerStacks },
    };
    const shared = { name: alias.outputs.name, stack, kms: KMS, key: keyRef };
    const given = await this.#apply("keyDistribution", `distribution${distribution}`, {
      ...{ ...shared, aliasName, aliasArn, distributionTime, rotationStrategy },
    });
    // The SDK hands on what the distribution says, which may have another name than was asked for.
    const { outputs } = given;
    for (const region of replicas)
      await this.#apply("keyReplica", `replica-${region}${replica}`, {
        distribution: { ...shared, name: outputs.name, versions: outputs.versions, rotationStrategy },
        region,
        aliasName: outputs.aliasName,
        aliasArn: outputs.aliasArn,
      });
  }

  async #apply(type: ResourceState["type"], name: string, news: Values): Promise<ResourceState> {
    this.#declared.add(name);
    const resource = this.#resources[type]!;
    const state = this.#states[name];
    const given = stored(news);
    const checked = await resource.check(state?.inputs, given);
    if (checked.mistakes.length) throw new Error(checked.mistakes.join("\n"));
    const inputs = stored(checked.inputs);
    if (!state) return this.#record(type, name, inputs, () => resource.create(inputs));
    const { changes, replaces } = await resource.diff(state.id, state.outputs, inputs);
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
    type: ResourceState["type"],
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

/** As a value looks after a journey through protobuf and the state file; nobody can change it. */
function stored<T>(value: T): T {
  return frozen(JSON.parse(JSON.stringify(value)) as T);
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
