import type { ConsistencyConfig } from "../../../local-kms/src/index";
import type { Blow, Call } from "../../world/providerProcess";

/** What can become of a call, or of the reads of a run. */
export interface Fault extends Partial<Omit<Blow, "fits">> {
  name: string;
  /** Reads of that run lag behind its writes. */
  stale?: ConsistencyConfig;
}

const INTERNAL: Blow["how"] = { error: { name: "KMSInternalException", status: 500 } };
/** More than one call is sent in all. */
const MORE_THAN_TRIED = 12;

export const FAULTS: readonly Fault[] = [
  { name: "error 500", how: INTERNAL },
  { name: "error 500 until it is given up", hits: MORE_THAN_TRIED, how: INTERNAL },
  { name: "throttled 20 times", hits: 20, how: { error: { name: "ThrottlingException" } } },
  { name: "reset before it takes effect", how: { drop: "reset" } },
  { name: "reset after it took effect", how: { drop: "reset", when: "after" } },
  { name: "half an answer", how: { drop: "half" } },
  { name: "answers lost until it is given up", hits: MORE_THAN_TRIED, how: { drop: "close", when: "after" } },
  { name: "provider killed before it takes effect", how: { drop: "hang" }, kills: true },
  { name: "provider killed after it took effect", how: { drop: "hang", when: "after" }, kills: true },
  { name: "reset after it took effect, reads stale", how: { drop: "reset", when: "after" }, stale: {} },
];

/** A run of which one operation, or all, see the past. */
export function staleReads(calls: readonly Call[]): Fault[] {
  const operations = [...new Set(calls.map(({ operation }) => operation))].sort();
  return [
    ...operations.map((operation) => ({
      name: `${operation} sees the past`,
      stale: { operations: [operation] },
    })),
    { name: "every operation sees the past", stale: {} },
  ];
}
