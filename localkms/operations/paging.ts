import { KmsError, validation } from "../api/errors.js";

interface PageRequest {
  Limit?: number | undefined;
  Marker?: string | undefined;
}

/**
 * One page of a list, in order of `idOf`. The marker names the last item that was given out and its operation, so
 * that items which come or go between two pages neither repeat nor hide others.
 */
export function page<T>(
  operation: string,
  items: readonly T[],
  idOf: (item: T) => string,
  request: PageRequest,
  limits: { usual: number; most: number },
): { items: T[]; Truncated: boolean; NextMarker?: string } {
  const limit = request.Limit ?? limits.usual;
  if (limit > limits.most) throw validation(`Limit must be between 1 and ${limits.most}, inclusive`);
  const after = request.Marker === undefined ? undefined : readMarker(operation, request.Marker);
  const sorted = items
    .map((item) => ({ id: idOf(item), item }))
    .filter(({ id }) => after === undefined || id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const shown = sorted.slice(0, limit);
  const result = { items: shown.map(({ item }) => item), Truncated: sorted.length > limit };
  return result.Truncated ? { ...result, NextMarker: writeMarker(operation, shown.at(-1)!.id) } : result;
}

const writeMarker = (operation: string, id: string) =>
  Buffer.from(`${operation}\n${id}`).toString("base64url");

function readMarker(operation: string, marker: string): string {
  const text = Buffer.from(marker, "base64url").toString();
  if (!text.startsWith(`${operation}\n`))
    throw new KmsError("InvalidMarkerException", "The marker is not valid");
  return text.slice(operation.length + 1);
}
