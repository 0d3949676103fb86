/**
 * The entry that the `__provider` of every resource names. Its path is stored in users' state: never rename it.
 * It is the only file of the provider that knows Pulumi: it turns each Resource into the dynamic provider that
 * @pulumi/pulumi/cmd/dynamic-provider calls.
 */
import type { dynamic } from "@pulumi/pulumi";
import "./diagnosticReports";
import { distributionAlias } from "./resources/distributionAlias";
import { keyDistribution } from "./resources/keyDistribution";
import { keyReplica } from "./resources/keyReplica";
import { kmsProvider } from "./resources/kmsProvider";
import { managedKey } from "./resources/managedKey";
import { PartialFailure, type Resource, type Values } from "./resources/resource";
import { Run } from "./run";

/** What this process knows: it lives for one preview, update, refresh or destroy. */
const run = new Run();

export const KmsProvider = dynamicProvider(kmsProvider(run));
export const ManagedKey = dynamicProvider(managedKey(run));
export const DistributionAlias = dynamicProvider(distributionAlias(run));
export const KeyDistribution = dynamicProvider(keyDistribution(run));
export const KeyReplica = dynamicProvider(keyReplica(run));

/** A resource as @pulumi/pulumi/cmd/dynamic-provider calls it. */
export function dynamicProvider(resource: Resource): dynamic.ResourceProvider {
  return {
    async check(olds, news) {
      const old = own(olds);
      const { inputs, mistakes } = await resource.check(Object.keys(old).length ? old : undefined, own(news));
      return { inputs: sendable(inputs), failures: mistakes.map((reason) => ({ property: "", reason })) };
    },
    async diff(id, olds, news) {
      return resource.diff(id, own(olds), own(news));
    },
    async create(inputs) {
      const { id, outputs } = await reported(inputs, () => resource.create(own(inputs)));
      return { id, outs: sendable(outputs) };
    },
    async read(id, props) {
      const result = await resource.read(id, own(props));
      return { id: result.id, props: sendable(result.outputs) };
    },
    async update(id, olds, news) {
      return { outs: sendable(await reported(news, () => resource.update(id, own(olds), own(news)))) };
    },
    async delete(id, props) {
      await resource.delete(id, own(props));
    },
  };
}

/** Gives a failure half-way the form in which the engine keeps what was done (pulumirpc.ErrorResourceInitFailed). */
async function reported<T>(inputs: Values, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    throw Object.assign(new Error(error.message), {
      id: error.id,
      properties: { ...sendable(error.outputs), __provider: inputs.__provider },
      reasons: [error.message],
    });
  }
}

function own(values: Values | undefined): Values {
  const { __provider, ...rest } = values ?? {};
  return rest;
}

/** Protobuf's Struct takes no `undefined`. */
function sendable(values: Values): Values {
  return JSON.parse(JSON.stringify(values)) as Values;
}
