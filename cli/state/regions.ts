/** The Regions and KMS keys that states name. */

import type { KmsProviderState } from "./kmsProvider.js";
import type { StackState } from "./stack.js";

/** A Region, and the KmsProvider through which it is reached. */
export interface ProviderRegion {
  kmsProvider: KmsProviderState;
  region: string;
}

/** Each Region that a state names, with its KmsProvider. A Region may appear more than once. */
export function providerRegionsOf({ providers, regions }: StackState): ProviderRegion[] {
  return [
    ...providers.map((kmsProvider) => ({ kmsProvider, region: kmsProvider.keyCollection })),
    ...regions.map(({ kmsProvider, region }) => ({ kmsProvider, region })),
  ];
}

/** ARNs of all KMS keys that a state accounts for: those in its records, and replicas that a rotation has created ahead. */
export function accountedArns(states: StackState[]): Set<string> {
  const ready = versionsIn(states).flatMap(({ replicaArns }) => replicaArns);
  return new Set([...recordedArns(states), ...ready]);
}

/** ARNs of the KMS keys in the records of the states. */
export function recordedArns(states: StackState[]): Set<string> {
  return new Set(versionsIn(states).map(({ keyArn }) => keyArn));
}

const versionsIn = (states: StackState[]) =>
  states.flatMap(({ regions }) => regions.flatMap(({ versions }) => versions));
