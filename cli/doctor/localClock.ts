import { isThisMachine } from "../../provider/kms/endpoints/hosts.js";

/** Whose clock an answer's Date header shows. */
export const clockOf = (endpoint: string | undefined) =>
  isLocal(endpoint) ? "the local endpoint's" : "AWS's";

export const isLocal = (endpoint: string | undefined): endpoint is string =>
  endpoint !== undefined && isThisMachine(new URL(endpoint).hostname);

/** Nobody waits for an answer that only a local KMS gives. */
const LONGEST_MS = 1000;

/**
 * Seconds by which the clock of a local KMS was moved ahead of its machine's (docs/local-kms.md, "The clock"): expiry and deletions go by it,
 * signatures and the Date header by the machine's. Null where the endpoint is none on this machine, or has no control endpoint.
 */
export async function localClock(endpoint: string | undefined): Promise<number | null> {
  if (!isLocal(endpoint)) return null;
  try {
    const url = new URL("/_local-kms/clock", endpoint);
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(LONGEST_MS) });
    const { time } = (await answer.json()) as { time?: unknown };
    const shown = Date.parse(String(time));
    return Number.isNaN(shown) ? null : Math.round((shown - Date.now()) / 1000);
  } catch {
    return null;
  }
}
