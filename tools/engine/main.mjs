/**
 * Finds a usable Pulumi engine, or fetches or builds one, and prints the folder to put on PATH as its last line.
 *
 * Needs Node and nothing else; in this order: a `pulumi` on PATH; one that an earlier run left in the cache; the
 * release that the npm package `pulumi` downloads; a build with Go. After the first time it needs no network.
 */
import { join } from "node:path";
import { cacheFolder } from "../cache.mjs";
import { built, key as builtKey } from "./built.mjs";
import { installed } from "./installed.mjs";
import { version, whole } from "./pulumi.mjs";
import { release, key as releaseKey } from "./release.mjs";
import { say } from "./say.mjs";

async function kept() {
  for (const key of [releaseKey, builtKey]) {
    const folder = join(cacheFolder(), key);
    if (await whole(folder)) return { bin: join(folder, "bin"), version, how: `kept in ${folder}` };
  }
  return { cause: "none that is whole" };
}

const ways = [
  ["on PATH", installed],
  ["in the cache", kept],
  ["by the npm package pulumi", release],
  ["built with Go", built],
];

for (const [name, way] of ways) {
  const found = await way().catch((error) => ({ cause: error.message }));
  if (found.bin) {
    say(`pulumi ${found.version}, ${found.how}`);
    console.log(found.bin);
    process.exit(0);
  }
  say(`${name}: ${found.cause}`);
}
say(
  "no usable pulumi: install Pulumi (https://www.pulumi.com/docs/install/) or Go (https://go.dev/doc/install)",
);
process.exit(1);
