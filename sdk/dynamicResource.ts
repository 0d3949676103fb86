import * as pulumi from "@pulumi/pulumi";
import { asContext } from "./context";
import "./debugOutput";
import "./diagnosticReports";
import { properties } from "./generated/properties";
import { readOnDemand, whenSettled } from "./outputs";
import { checkPackage } from "./programFolder";
import { providerText } from "./providerText";

/** The inputs and options of a resource, and the values that it keeps for the resources that use it. */
export interface Composed {
  inputs: pulumi.Inputs;
  opts: pulumi.CustomResourceOptions;
  /** What the SDK adds for `check`: one input, because Pulumi's runtime makes an Output of each. */
  context?: pulumi.Inputs | Promise<pulumi.Inputs>;
  /** Properties of the class that are plain values, not Outputs. */
  plain?: object;
  /** Values that `keptBy` returns. */
  kept?: object;
  /** Is called when the engine has answered the registration, and when it has failed. */
  answered?: () => void;
}

/** The arguments of Pulumi's constructor, and what is done after it. */
interface Registration {
  type: string;
  props: pulumi.Inputs;
  opts: pulumi.CustomResourceOptions;
  complete(resource: pulumi.CustomResource): void;
}

/**
 * The registration of a dynamic resource whose provider is the installed package, not a serialized closure.
 *
 * Pulumi's runtime takes four stack traces for each property that a resource is registered with (`transferProperties` of runtime/rpc.js),
 * which is most of what a large program costs. So a resource is registered with what the program gives and what other resources get from
 * it. Its other outputs are made when the program reads them: see outputs.ts.
 *
 * This is no base class: Pulumi takes who calls the constructor of a class below its own for the program, and stores where that is.
 */
export function registration(type: keyof typeof properties, composed: Composed): Registration {
  checkPackage();
  const { defaults, optional, outputs, passedOn, secretOutputs } = properties[type];
  const { inputs, context, opts, plain, kept, answered } = composed;
  const additionalSecretOutputs = [...(opts.additionalSecretOutputs ?? []), ...secretOutputs];
  return {
    type: `pulumi-nodejs:dynamic/keymgmt:${type}`,
    props: {
      ...Object.fromEntries(passedOn.map((output) => [output, (defaults as pulumi.Inputs)[output]])),
      ...defined(inputs),
      context: contextOf(context),
      __provider: providerText(type),
    },
    opts: { ...opts, additionalSecretOutputs },
    complete(resource) {
      Object.assign(resource, plain);
      // An input, and no output of the resource.
      delete (resource as { context?: unknown }).context;
      readOnDemand(resource, { names: outputs, defaults, optional, secret: additionalSecretOutputs });
      Object.defineProperty(resource, KEPT, { value: kept });
      if (answered) whenSettled(resource.urn, answered);
    },
  };
}

/** The engine does not tell `check` whether it runs in a preview. */
async function contextOf(context: Composed["context"]): Promise<string | pulumi.Inputs> {
  const isPreview = pulumi.runtime.isDryRun() ? true : undefined;
  return asContext({ ...(await context), isPreview });
}

/** A registered symbol, so that a second copy of this package can read it: a library may have its own copy. */
const KEPT = Symbol.for("pulumi-keymgmt.kept");

/** The values that a resource keeps from the program. Its outputs would have the values of the state. */
export function keptBy<T extends object>(resource: object): T {
  const kept = (resource as { [KEPT]?: T } | undefined)?.[KEPT];
  if (kept === undefined)
    throw new pulumi.RunError(
      "Expected a resource of this version of pulumi-keymgmt as `kms`, `key` or `distribution`; what came is something else. Give the resource itself, not an Output; `npm ls pulumi-keymgmt` shows whether two versions of the package are installed.",
    );
  return kept;
}

/**
 * The values that are defined. An undefined value would hide a default. It would also be unknown in every preview, so that everything that
 * reads it would look changed.
 */
export function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
