/** Where states say that their KMS keys are, and which they are. */
import type { StackState } from "./stack.js";
import type { StatedKms } from "./stated.js";

/** A Region, and the KmsProvider that it is of. */
export interface Reach {
  stated: StatedKms;
  region: string;
}

/** Each Region that a state names, with its KmsProvider; some more than once. */
export function reachesOf({ providers, regions }: StackState): Reach[] {
  return [
    ...providers.map((stated) => ({ stated, region: stated.keyCollection })),
    ...regions.map(({ stated, region }) => ({ stated, region })),
  ];
}

/** ARNs of all KMS keys that a state accounts for: those in its records, and replicas that a rotation has made ready. */
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
