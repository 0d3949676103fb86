import { KmsError, validation } from "../api/errors.js";
import type { Call } from "./call.js";

interface PageRequest {
  Limit?: number | undefined;
  Marker?: string | undefined;
}

/**
 * One page of a list, in order of `idOf`. The marker names the last item that was given out, so that items which come
 * or go between two pages neither repeat nor hide others, and the list: operation, account and Region of the call and,
 * where requests can ask it for different lists, which one.
 */
export function page<T>(
  call: Call,
  items: readonly T[],
  idOf: (item: T) => string,
  request: PageRequest,
  limits: { usual: number; most: number; list?: string },
): { items: T[]; Truncated: boolean; NextMarker?: string } {
  const list = [call.operation, call.account, call.region, limits.list].join(" ");
  const limit = request.Limit ?? limits.usual;
  if (limit > limits.most) throw validation(`Limit must be between 1 and ${limits.most}, inclusive`);
  const after = request.Marker === undefined ? undefined : readMarker(list, request.Marker);
  const sorted = items
    .map((item) => ({ id: idOf(item), item }))
    .filter(({ id }) => after === undefined || id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const shown = sorted.slice(0, limit);
  const result = { items: shown.map(({ item }) => item), Truncated: sorted.length > limit };
  return result.Truncated ? { ...result, NextMarker: writeMarker(list, shown.at(-1)!.id) } : result;
}

const writeMarker = (list: string, id: string) => Buffer.from(`${list}\n${id}`).toString("base64url");

function readMarker(list: string, marker: string): string {
  const text = Buffer.from(marker, "base64url").toString();
  if (!text.startsWith(`${list}\n`)) throw new KmsError("InvalidMarkerException", "The marker is not valid");
  return text.slice(list.length + 1);
}
