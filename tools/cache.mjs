import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const longestMake = 60 * 60 * 1000;

/** Where the tools that this project builds or fetches are kept: outside the tree, so that every clone shares them. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-keymgmt");
}

/**
 * The folder kept under `key`, made by `make(staging)` where it is missing or `valid(folder)` says it is broken.
 *
 * Made in a staging folder and renamed, so that an interrupted make leaves nothing that looks whole. Of several
 * processes that want the same folder one makes it and the others wait for it.
 */
export async function cached(key, { valid, make }) {
  const folder = join(cacheFolder(), key);
  if (await valid(folder)) return folder;

  mkdirSync(cacheFolder(), { recursive: true });
  const unlock = await lock(join(cacheFolder(), `.${key}.lock`));
  try {
    if (await valid(folder)) return folder;
    sweep(key);
    const staging = join(cacheFolder(), `.${key}.staging-${process.pid}`);
    mkdirSync(staging, { recursive: true });
    try {
      await make(staging);
      // A broken folder is moved away first: a rename replaces nothing but an empty folder.
      const broken = `${staging}-broken`;
      renameIfThere(folder, broken);
      renameSync(staging, folder);
      rmSync(broken, { recursive: true, force: true });
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    return folder;
  } finally {
    unlock();
  }
}

/** Takes the lock, waiting for a living holder. The holder's process id is in the lock before the lock exists. */
async function lock(path) {
  const mine = `${path}-${process.pid}`;
  for (;;) {
    writeFileSync(mine, String(process.pid));
    try {
      linkSync(mine, path);
      const unlock = () => rmSync(path, { force: true });
      process.once("exit", unlock);
      return () => {
        process.off("exit", unlock);
        unlock();
      };
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (abandoned(path)) rmSync(path, { force: true });
      else await sleep(250);
    } finally {
      rmSync(mine, { force: true });
    }
  }
}

function abandoned(path) {
  try {
    return Date.now() - statSync(path).mtimeMs > longestMake || !alive(Number(readFileSync(path, "utf8")));
  } catch {
    return false; // Let go of in this moment: try again.
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Removes what makes that were killed have left. Called under the lock: no other make of this key is under way. */
function sweep(key) {
  for (const name of readdirSync(cacheFolder())) {
    if (name.startsWith(`.${key}.staging-`))
      rmSync(join(cacheFolder(), name), { recursive: true, force: true });
  }
}

function renameIfThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}
