/** Outputs of resources: as few promises as the runtime of Pulumi allows, because it takes a stack trace for each. */
import * as pulumi from "@pulumi/pulumi";

type Values = Record<string, unknown>;

interface OnDemand {
  /** The outputs of the resource. */
  names: readonly string[];
  /** Used where the engine has no value, as in unit tests with mocks. */
  defaults: Values;
  /** Outputs that are what the program gives: undefined where it gives none. */
  optional: readonly string[];
  /** Outputs that are secret. The invoke that reads them returns them without that mark. */
  secret: readonly string[];
}

/** Gives a resource those of its outputs that it was not registered with. */
export function readOnDemand(
  resource: pulumi.CustomResource,
  { names, defaults, optional, secret }: OnDemand,
): void {
  let state: pulumi.Output<Values> | undefined;
  const read = (name: string): pulumi.Output<unknown> => {
    state ??= resource.urn.apply(stateOf);
    // The Output of a property is known where others of the state are not.
    const output = state[name]!.apply(
      (value) => value ?? defaults[name] ?? (optional.includes(name) ? undefined : missing(resource)),
    );
    return secret.includes(name) ? pulumi.secret(output) : output;
  };
  for (const name of names) {
    if (Object.hasOwn(resource, name)) continue;
    let output: pulumi.Output<unknown> | undefined;
    // It stays a getter after it was read, which is how `plainValues` knows what the resource was registered with.
    const get = () => {
      output ??= read(name);
      return output;
    };
    Object.defineProperty(resource, name, { enumerable: true, configurable: true, get });
  }
}

/**
 * The outputs of a resource that is registered, as the registration returned them. It is the call by which Pulumi's runtime hydrates a
 * resource reference. Source: `builtinProvider.getResource` in pkg/resource/deploy/builtins.go of pulumi/pulumi.
 */
async function stateOf(urn: string): Promise<Values> {
  const { state } = await pulumi.runtime.invoke("pulumi:pulumi:getResource", { urn });
  return state;
}

/**
 * As Pulumi's runtime has it: what a preview does not say is unknown, and what an update does not create, because `--target` names other
 * resources, is unknown too.
 */
async function missing({ id }: pulumi.CustomResource): Promise<unknown> {
  const isCreated = await (id as unknown as Settling).isKnown;
  return pulumi.runtime.isDryRun() || !isCreated ? pulumi.unknown : undefined;
}

/**
 * The outputs of a resource that other resources get, by name, so that Pulumi's runtime does not wait for each of them again in every
 * resource. They carry no dependency, neither in a preview nor in an update: a saved plan is refused where the two differ. So who uses
 * them says it by `dependsOn`. Outputs that the resource was not registered with are left out.
 */
export async function plainValues(resource: object, names: readonly string[]): Promise<pulumi.Inputs> {
  const values: pulumi.Inputs = {};
  for (const name of names) {
    const value: unknown = Object.getOwnPropertyDescriptor(resource, name)?.value;
    if (value !== undefined) values[name] = pulumi.Output.isInstance(value) ? await plain(value) : value;
  }
  return values;
}

/** Of an Output of every release of @pulumi/pulumi; declared here because its types leave them out (output.ts there, "@internal"). */
interface Settling {
  promise(): Promise<unknown>;
  isKnown: Promise<boolean>;
}

/** The value of an Output, or that it is unknown. A secret stays one. */
export async function plain(output: pulumi.Output<unknown>): Promise<unknown> {
  const { isKnown } = output as unknown as Settling;
  const value = (await isKnown) ? await (output as unknown as Settling).promise() : pulumi.unknown;
  return (await pulumi.isSecret(output)) ? pulumi.secret(value) : value;
}

/** Calls a function when the Output has a value, and when it never will. */
export function whenSettled(output: pulumi.Output<unknown>, call: () => void): void {
  (output as unknown as Settling).promise().then(call, call);
}
