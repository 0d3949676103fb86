import type { ConsistencyConfig, Interception } from "../../../localkms/index";

/** The n-th call of an operation in a Region, from 0. */
export interface Call {
  operation: string;
  region: string;
  nth: number;
}

/** What can become of a call. */
export interface Fault {
  name: string;
  /** How many calls of that operation it hits, from the given one on. */
  hits: number;
  how?: Interception;
  /** The provider is gone from then on. */
  kills?: true;
  /** Reads of that run lag behind its writes. */
  stale?: ConsistencyConfig;
}

const INTERNAL: Interception = { error: { name: "KMSInternalException", status: 500 } };
/** More than one call is sent in all. */
const MORE_THAN_TRIED = 12;

export const FAULTS: readonly Fault[] = [
  { name: "error 500", hits: 1, how: INTERNAL },
  { name: "error 500 until it is given up", hits: MORE_THAN_TRIED, how: INTERNAL },
  { name: "throttled 20 times", hits: 20, how: { error: { name: "ThrottlingException" } } },
  { name: "reset before it takes effect", hits: 1, how: { drop: "reset" } },
  { name: "reset after it took effect", hits: 1, how: { drop: "reset", when: "after" } },
  { name: "half an answer", hits: 1, how: { drop: "half" } },
  { name: "answers lost until it is given up", hits: MORE_THAN_TRIED, how: { drop: "close", when: "after" } },
  { name: "provider killed before it takes effect", hits: 1, how: { drop: "hang" }, kills: true },
  {
    name: "provider killed after it took effect",
    hits: 1,
    how: { drop: "hang", when: "after" },
    kills: true,
  },
  {
    name: "reset after it took effect, reads stale",
    hits: 1,
    how: { drop: "reset", when: "after" },
    stale: {},
  },
];

/** A run of which one operation, or all, see the past. */
export function staleReads(calls: readonly Call[]): Fault[] {
  const operations = [...new Set(calls.map(({ operation }) => operation))].sort();
  return [
    ...operations.map((operation) => ({
      name: `${operation} sees the past`,
      hits: 0,
      stale: { operations: [operation] },
    })),
    { name: "every operation sees the past", hits: 0, stale: {} },
  ];
}
