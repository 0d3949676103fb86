/** Pulumi's side of one stack, as a value: the program and the state file. */
import type { Values } from "../../../../../provider/resources/resource";
import type { Program } from "./program";

export type ResourceType = "managedKey" | "keyDistribution" | "keyReplica";

export interface ResourceState {
  readonly type: ResourceType;
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
  /** Of the key. */
  readonly type: string;
  readonly strategy: "manual" | "on-demand";
  /** Regions that the key may be replicated to. */
  readonly replicaRegions: readonly string[];
  /** Whose own material the program gives; by default the provider makes it. */
  readonly own?: string;
  readonly states: States;
  /** Whether the stack's KmsProvider was made. */
  readonly isBegun: boolean;
}
