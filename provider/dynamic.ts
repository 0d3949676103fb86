/**
 * The entry that the `__provider` of every resource names. Its path is stored in users' state: never rename it.
 * It is the only file of the provider that knows Pulumi: it turns each Resource into the dynamic provider that
 * @pulumi/pulumi/cmd/dynamic-provider calls.
 */
import type { dynamic } from "@pulumi/pulumi";
import "../sdk/diagnosticReports";
import { endWithPulumi } from "./endWithPulumi";
import { isKeymgmtError } from "./errors";
import { resourcesOf } from "./resources";
import { PartialFailure, type Resource, type Values } from "./resources/resource";
import { Run } from "./run";
import { redacted } from "./secrecy/secretInputs";
import { visible } from "./secrecy/visible";

/** What `exceptRefusals` leaves out. */
const refusals = new Set<unknown>();

/** What this process knows: it lives for one preview, update, refresh or destroy. */
const run = new Run();

// Tests load this file in processes of their own.
if (/[\\/]cmd[\\/]dynamic-provider/.test(process.argv[1] ?? "")) {
  endWithPulumi();
  console.error = exceptRefusals(console.error);
}

const resources = resourcesOf(run);

export const KmsProvider = dynamicProvider(resources.KmsProvider);
export const ManagedKey = dynamicProvider(resources.ManagedKey);
export const KeyDistribution = dynamicProvider(resources.KeyDistribution);
export const KeyReplica = dynamicProvider(resources.KeyReplica);

/**
 * States of release 0.1.0 have one for the name of each distribution, which is now an input of the KeyDistribution. Without methods Pulumi
 * leaves such a resource as it is, and deletes nothing but its entry in the state.
 */
export const DistributionAlias = {};

/** A resource as @pulumi/pulumi/cmd/dynamic-provider calls it. What it says of a failure leaves the provider here. */
export function dynamicProvider(resource: Resource): dynamic.ResourceProvider {
  return {
    check: (olds, given) => {
      const { isPreview, secrets, ...news } = withContext(given);
      return told(news, async () => {
        const old = own(olds);
        const { inputs, mistakes } = await resource.check(
          Object.keys(old).length ? old : undefined,
          own(news),
          isPreview,
        );
        const failures = mistakes.map((reason) => ({ property: "", reason: shown(news, reason) }));
        return { inputs: secretAgain(sendable(inputs), secrets as string[]), failures };
      });
    },
    diff: (id, olds, news) => told(news, () => resource.diff(id, own(olds), own(news))),
    create: (inputs) =>
      told(inputs, async () => {
        const { id, outputs } = await resource.create(own(inputs));
        return { id, outs: sendable(outputs) };
      }),
    read: (id, props) =>
      told(props, async () => {
        const result = await resource.read(id, own(props));
        const { inputs } = result;
        return {
          id: result.id,
          props: sendable(result.outputs),
          ...(inputs && { inputs: sendable(inputs) }),
        };
      }),
    update: (id, olds, news) =>
      told(news, async () => ({ outs: sendable(await resource.update(id, own(olds), own(news))) })),
    delete: (id, props) => told(props, () => resource.delete(id, own(props))),
  };
}

/**
 * Does the work. Of a failure only what may be shown goes out; one half-way has the form in which the engine keeps what was done
 * (pulumirpc.ErrorResourceInitFailed).
 */
async function told<T>(inputs: Values | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = shown(inputs, error instanceof Error ? error.message : String(error));
    if (!(error instanceof PartialFailure)) {
      const failure = withMessage(error, message);
      if (isKeymgmtError(error)) refusals.add(`${failure}: ${(failure as Error).stack}`);
      throw failure;
    }
    throw Object.assign(new Error(message), {
      id: error.id,
      properties: { ...sendable(error.outputs), __provider: inputs?.__provider },
      reasons: [message],
    });
  }
}

/**
 * What @pulumi/pulumi/cmd/dynamic-provider prints of an error that check, diff, read or delete throws: the message twice, and the stack. The
 * engine prints the message too, and the stack tells nobody anything but where an error in this package is. So it is left out of others.
 */
export function exceptRefusals(print: (text: unknown, ...more: unknown[]) => void): typeof print {
  return (text, ...more) => {
    if (!refusals.delete(text)) print(text, ...more);
  };
}

/** The inputs, with those in the context: sdk/context.ts sends it as JSON, or as an object where a secret is in it. */
function withContext({ context = {}, ...given }: Values) {
  const values = typeof context === "string" ? JSON.parse(context) : context;
  return { ...values, ...given };
}

/**
 * The inputs, with those of the context that are secret marked so. The engine marks an input that has the name of a secret one of the
 * program, which these have not. Source: `annotateSecrets` in sdk/go/common/resource/plugin/provider_plugin.go of pulumi/pulumi.
 */
function secretAgain(inputs: Values, secrets: string[] = []): Values {
  const marked = secrets.filter((name) => name in inputs).map((name) => [name, secret(inputs[name])]);
  return { ...inputs, ...Object.fromEntries(marked) };
}

/** A secret as it is sent. Source: `specialSecretSig` in sdk/nodejs/runtime/rpc.ts of pulumi/pulumi. */
function secret(value: unknown): Values {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

function shown(inputs: Values | undefined, message: string): string {
  return visible(redacted(inputs ?? {}, message));
}

/** The engine shows a stack too, which begins with the message. */
function withMessage(thrown: unknown, message: string): unknown {
  if (!(thrown instanceof Error) || thrown.message === message) return thrown;
  const frames = thrown.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  const error = new Error(message);
  error.stack = [`${thrown.name}: ${message}`, ...frames.map(visible)].join("\n");
  return error;
}

function own(values: Values | undefined): Values {
  const { __provider, ...rest } = values ?? {};
  return rest;
}

/** Protobuf's Struct takes no `undefined`. */
function sendable(values: Values): Values {
  return JSON.parse(JSON.stringify(values)) as Values;
}
