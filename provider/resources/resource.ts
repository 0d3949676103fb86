import { resourceSpec } from "../schema/definition";
import { type PlannedInputs, readInputs, readOutputs, readPlannedInputs } from "../state/read";
import type { Inputs, Outputs, ResourceName } from "../state/types";

/** Inputs or outputs of a resource, without `__provider`. */
export type Values = Record<string, unknown>;

export interface CheckResult {
  /** Inputs with defaults and planned values. */
  inputs: Values;
  /**
   * One sentence for each mistake in them. They are reported for the resource as a whole: with a property's name the engine would
   * print the property's value, even that of a secret.
   */
  mistakes: string[];
}

export interface DiffResult {
  changes: boolean;
  replaces: string[];
}

export interface ReadResult {
  /** Empty where the resource is gone. */
  id: string;
  outputs: Values;
  /** Inputs as AWS has them, where they differ from the state's. The next update compares the program's inputs with these. */
  inputs?: Values;
}

/**
 * The methods of each resource in one run. `create` and `update` converge: both observe AWS, do what is missing, and can run
 * again after a failure. A failure half-way is a PartialFailure, so that nothing is orphaned.
 */
export interface Resource {
  /** @param isPreview no update follows in this process: values that only the update can know stay unknown */
  check(olds: Values | undefined, news: Values, isPreview?: boolean): Promise<CheckResult>;
  diff(id: string, olds: Values, news: Values): Promise<DiffResult>;
  create(inputs: Values): Promise<{ id: string; outputs: Values }>;
  read(id: string, outputs: Values): Promise<ReadResult>;
  update(id: string, olds: Values, news: Values): Promise<Values>;
  delete(id: string, outputs: Values): Promise<void>;
}

/** A resource with its own types. States of every release are migrated before they reach it. */
export interface StatefulResource<K extends ResourceName> {
  check(olds: Inputs[K] | undefined, news: Values, isPreview?: boolean): Promise<CheckResult>;
  diff(id: string, olds: Outputs[K], news: PlannedInputs<K>): Promise<DiffResult>;
  create(inputs: Inputs[K]): Promise<{ id: string; outputs: Outputs[K] }>;
  read(id: string, outputs: Outputs[K]): Promise<ReadResult>;
  update(id: string, olds: Outputs[K], news: Inputs[K]): Promise<Outputs[K]>;
  delete(id: string, outputs: Outputs[K]): Promise<void>;
}

/** Reads stored states into a resource's types. All states enter here. */
export function stateful<K extends ResourceName>(name: K, resource: StatefulResource<K>): Resource {
  const outputsOf = (id: string, stored: Values) => readOutputs(name, stored, `${name} ${id}`);
  const inputsOf = (stored: Values, id = "to be made") => readInputs(name, stored, `${name} ${id}`);
  return {
    check: async (olds, news, isPreview) =>
      resource.check(olds && inputsOf(olds, "in the last update"), news, isPreview),
    // In a refresh `news` are the inputs of the state.
    diff: async (id, olds, news) =>
      resource.diff(id, outputsOf(id, olds), readPlannedInputs(name, news, `${name} ${id}`)),
    create: async (inputs) => resource.create(inputsOf(inputs)),
    read: async (id, outputs) => resource.read(id, outputsOf(id, outputs)),
    update: async (id, olds, news) => resource.update(id, outputsOf(id, olds), inputsOf(news, id)),
    delete: async (id, outputs) => resource.delete(id, outputsOf(id, outputs)),
  };
}

/** A part of the work is done, and `outputs` has its result. The engine stores it and calls `update` next time. */
export class PartialFailure extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Values,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** The outputs that are inputs by schema.json. */
export function inputsAmong(resource: string, outputs: Values): Values {
  const names = Object.keys(resourceSpec(resource).inputProperties);
  return Object.fromEntries(names.filter((name) => name in outputs).map((name) => [name, outputs[name]]));
}
