/** Where states say that their KMS keys are, and which they are. */
import type { KmsConnection } from "../../provider/awskms/connection.js";
import type { StackState } from "./stack.js";

/** A Region, and the connection that reaches it. */
export interface Reach {
  connection: KmsConnection;
  region: string;
}

/** Each Region that a state names, with the connection of its KmsProvider; some more than once. */
export function reachesOf({ providers, regions }: StackState): Reach[] {
  return [
    ...providers.map((connection) => ({ connection, region: connection.keyCollection })),
    ...regions.map(({ connection, region }) => ({ connection, region })),
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
