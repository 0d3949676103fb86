import * as pulumi from "@pulumi/pulumi";
import "./debugOutput";
import "./diagnosticReports";
import { lookAtPackage } from "./programFolder";
import { providerText } from "./providerText";

/** A dynamic resource whose provider is the installed package, not a serialized closure. */
export abstract class DynamicResource extends pulumi.CustomResource {
  constructor(type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    lookAtPackage();
    // The engine does not tell the provider's `check`. It takes this out again, so that no state and no plan has it.
    const isPreview = pulumi.runtime.isDryRun() && { isPreview: true };
    const __provider = providerText(type);
    super(`pulumi-nodejs:dynamic/keymgmt:${type}`, name, { ...props, ...isPreview, __provider }, opts);
  }
}

/**
 * The arguments that were given. One that is undefined would hide a default, and would be unknown in every preview, so that
 * whatever reads it looks changed.
 */
export function given<T extends object>(args: T): Partial<T> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Outputs that a resource declares: Pulumi fills only properties that were passed in, so each starts as undefined. */
export function outputs(...names: string[]): Record<string, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
