import {
  type LocalKms,
  type LocalKmsConfig,
  type LocalKmsOptions,
  startLocalKms,
} from "../../../../localkms/index";
import { distributionAlias } from "../../../../provider/resources/distributionAlias";
import { keyDistribution } from "../../../../provider/resources/keyDistribution";
import { keyReplica } from "../../../../provider/resources/keyReplica";
import { kmsProvider } from "../../../../provider/resources/kmsProvider";
import { managedKey } from "../../../../provider/resources/managedKey";
import {
  PartialFailure,
  type Resource,
  type ResourceOf,
  type Values,
} from "../../../../provider/resources/resource";
import { Run, type RunSettings } from "../../../../provider/run";

interface State {
  id: string;
  inputs: Values;
  outputs: Values;
  /** A create or update failed half-way: the engine updates next time even if diff says no change. */
  failed?: boolean;
}

const RESOURCES: Record<string, ResourceOf> = {
  kmsProvider,
  managedKey,
  distributionAlias,
  keyDistribution,
  keyReplica,
};

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

  constructor(
    readonly local: { url: string },
    private readonly accountId = "111122223333",
    stack = "organization/shop/dev",
  ) {
    this.stack = stack;
    this.begin();
  }

  /** Begins a run, as a provider process does. */
  begin(): void {
    const run = new Run(this.settings);
    this.resources = Object.fromEntries(Object.entries(RESOURCES).map(([name, of]) => [name, of(run)]));
  }

  /**
   * One `up` of a KmsProvider in us-west-1, a key, its distribution and a replica for each of `replicas`, which are named by
   * their Region and `suffix`.
   */
  async up({
    key = {},
    distribution = {},
    kms = {},
    replicas = [],
    replica = {},
    suffix = "",
  }: ProgramInputs = {}): Promise<void> {
    this.begin();
    const provider = await this.apply("kmsProvider", "kms", {
      keyCollection: "us-west-1",
      endpoint: this.local.url,
      credentials: { accessKey: this.accountId, secretKey: "secret" },
      wrappingKeySpec: "RSA_2048",
      quotas: LIFTED,
      ...kms,
    });
    const managed = await this.apply("managedKey", "key", {
      name: "orders",
      replicaRegions: [],
      stack: this.stack,
      ...key,
    });
    const { provider: _, credentialSource, stateVersion, ...connection } = provider.outputs;
    const alias = await this.apply("distributionAlias", "alias", {
      keyName: managed.outputs.name,
      keyId: managed.id,
      replicaRegions: managed.outputs.replicaRegions,
      aliasPrefix: provider.outputs.aliasPrefix,
      region: provider.outputs.keyCollection,
      accountId: provider.outputs.accountId,
      deletionAllowed: managed.outputs.deletionAllowed,
      adoptedAlias: (distribution.adopt as { aliasName?: string } | undefined)?.aliasName,
      makesNew: distribution.adopt !== undefined,
      kms: connection,
      stack: this.stack,
      formerStacks: managed.outputs.formerStacks,
    });
    const { name, aliasName, aliasArn, distributionTime } = alias.outputs;
    const { type, replicaRegions, minEnabledVersion, deletionAllowed, keyVersion, keyring, formerStacks } =
      managed.outputs;
    const keyRef = {
      id: managed.id,
      name: managed.outputs.name,
      type,
      replicaRegions,
      minEnabledVersion,
      deletionAllowed,
      keyVersion,
      keyring,
      formerStacks,
    };
    const shared = { name, stack: this.stack, kms: connection, key: keyRef };
    const given = await this.apply("keyDistribution", "distribution", {
      ...shared,
      aliasName,
      aliasArn,
      distributionTime,
      ...distribution,
    });
    for (const region of replicas) {
      const { validFor, renewBefore, rotationStrategy } = distribution;
      const ref = {
        ...shared,
        versions: given.outputs.versions,
        validFor,
        renewBefore,
        rotationStrategy,
      };
      await this.apply("keyReplica", `${region}${suffix}`, {
        distribution: ref,
        region,
        aliasName,
        aliasArn: `${aliasArn}`,
        ...replica,
      });
    }
    const kept = replicas.map((region) => `${region}${suffix}`);
    for (const gone of [...this.states.keys()].filter((name) => REGION.test(name) && !kept.includes(name)))
      await this.delete("keyReplica", gone);
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
    const { outputs } = await this.resources[type]!.read(state.id, state.outputs);
    state.outputs = stored(outputs);
    return state.outputs;
  }

  outputs(name: string): Values {
    return this.states.get(name)!.outputs;
  }

  private async apply(type: string, name: string, news: Values): Promise<State> {
    const resource = this.resources[type]!;
    const state = this.states.get(name);
    const { inputs, mistakes } = await resource.check(state?.inputs, stored(news));
    if (mistakes.length) throw new Error(mistakes.join("\n"));
    if (!state) return this.record(name, inputs, () => resource.create(stored(inputs)));
    const { changes, replaces } = await resource.diff(state.id, state.outputs, inputs);
    if (replaces.length) throw new Error(`${name} would be replaced because of ${replaces.join(", ")}`);
    if (!changes && !state.failed) {
      state.inputs = stored(inputs);
      return state;
    }
    return this.record(name, inputs, async () => ({
      id: state.id,
      outputs: await resource.update(state.id, stored(state.outputs), stored(inputs)),
    }));
  }

  private async record(
    name: string,
    inputs: Values,
    work: () => Promise<{ id: string; outputs: Values }>,
  ): Promise<State> {
    try {
      const { id, outputs } = await work();
      const state = { id, inputs: stored(inputs), outputs: stored(outputs) };
      this.states.set(name, state);
      return state;
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      this.states.set(name, {
        id: error.id,
        inputs: stored(inputs),
        outputs: stored(error.outputs),
        failed: true,
      });
      throw error;
    }
  }
}

export interface ProgramInputs {
  kms?: Values;
  key?: Values;
  distribution?: Values;
  replicas?: string[];
  replica?: Values;
  suffix?: string;
}

const REGION = /^[a-z]{2}-[a-z]+-\d/;

/** Quotas of the account, lifted so that tests do not wait for them. */
export const LIFTED = Object.fromEntries(
  "CreateKey RotateKeyOnDemand GetParametersForImport ImportKeyMaterial ReplicateKey CreateAlias UpdateAlias DeleteAlias EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion PutKeyPolicy TagResource UntagResource UpdateKeyDescription"
    .split(" ")
    .map((operation) => [operation, 1000]),
);

export function localKms(config: LocalKmsConfig = {}, log?: LocalKmsOptions["log"]): Promise<LocalKms> {
  return startLocalKms({
    log,
    config: {
      replicaCreatingMillis: 50,
      importKeyPool: { RSA_2048: 4, RSA_3072: 0, RSA_4096: 0 },
      ...config,
    },
  });
}

/** As a value looks after a journey through protobuf and the state file. */
function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
