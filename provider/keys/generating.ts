import type { Say } from "../say";
import { named, type VersionId } from "./keystores/rootKey";

/** Milliseconds after which it is said that generating takes time. */
const LONG = 3000;

/** A large RSA key takes seconds, in a thread of its own. */
export async function sayIfLong<T>(
  say: Say,
  type: { name: string },
  of: VersionId,
  generate: () => Promise<T>,
): Promise<T> {
  const line = () =>
    say(`the material of ${named(of)} is still being generated; a key of type ${type.name} may take long`);
  const timer = setTimeout(line, LONG);
  try {
    return await generate();
  } finally {
    clearTimeout(timer);
  }
}
