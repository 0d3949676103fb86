/** What holds whenever an `up` or a removal has finished, whatever happened before. */
import assert from "node:assert/strict";
import { everythingDecrypts } from "./inUse";
import { ABROAD, HOME } from "./regions";
import type { Stack } from "./stack";

export async function checkInvariants(stack: Stack): Promise<void> {
  await nothingIsUnaccounted(stack);
  if (!stack.distributed) return;
  await aliasIsOnTheLatest(stack);
  await everythingDecrypts(stack, regionsOf(stack), stack.minimum);
  await nothingIsLeftToDo(stack);
}

const regionsOf = (stack: Stack) => (stack.distributed ? [HOME, ...stack.replicas] : []);

/** One KMS key for each version that state knows, in each Region; no other, but those that wait for their deletion. */
async function nothingIsUnaccounted(stack: Stack): Promise<void> {
  for (const region of [HOME, ...ABROAD]) {
    const records = regionsOf(stack).includes(region) ? stack.records(region) : {};
    const ids = Object.values(records).map(({ keyId }) => keyId);
    const wanted = new Set(ids);
    if (stack.beginning.rotationStrategy === "manual")
      assert.equal(wanted.size, ids.length, `KMS keys for ${ids.length} versions in ${region}`);
    else assert.ok(wanted.size <= 1, `${wanted.size} KMS keys in ${region}`);
    const seen = await stack.observers[region]!.keys();
    const live = [...seen].filter(
      ([id, state]) => wanted.has(id) || !(stack.foreign.has(id) || /^Pending.*Deletion$/.test(state)),
    );
    assert.deepEqual(live.map(([id]) => id).sort(), [...wanted].sort(), `KMS keys in ${region}`);
    for (const [version, { keyId, state }] of Object.entries(records)) {
      const real = seen.get(keyId)!;
      const which = `version ${version} in ${region}, where versions from ${stack.minimum} on are enabled`;
      const isWanted = Number(version) >= stack.minimum;
      // Material of a version that is disabled expires unseen.
      assert.match(real, isWanted ? /^Enabled$/ : /^(Disabled|PendingImport)$/, which);
      if (isWanted) assert.equal(state, real, `what state says of ${which}`);
    }
  }
}

/** What is encrypted through the alias is under the latest version; it is kept. */
async function aliasIsOnTheLatest(stack: Stack): Promise<void> {
  const version = stack.latest;
  for (const region of regionsOf(stack)) {
    const { keyId, keyMaterialId } = stack.records(region)[version]!;
    const observer = stack.observers[region]!;
    const seen = await observer.describe(stack.aliasName);
    assert.equal(seen.KeyId, keyId, `the KMS key of the alias in ${region}, on version ${version}`);
    if (stack.beginning.rotationStrategy === "on-demand")
      assert.equal(seen.CurrentKeyMaterialId, keyMaterialId, `the current material in ${region}`);
    const text = `${keyId}, version ${version}, encrypted in ${region}`;
    if (stack.secrets.some((secret) => secret.text === text)) continue;
    stack.secrets.push({ version, keyId, text, ciphertext: await observer.encrypt(stack.aliasName, text) });
  }
}

async function nothingIsLeftToDo(stack: Stack): Promise<void> {
  stack.local.resetCounts();
  await stack.settle();
  assert.deepEqual(stack.local.counts(), {}, "calls of an update with nothing to do");
  assert.deepEqual(await stack.program.refreshAll(), [], "drift after an update");
  stack.local.resetCounts();
  await stack.settle();
  assert.deepEqual(stack.local.counts(), {}, "calls of an update with nothing to do after a refresh");
}
