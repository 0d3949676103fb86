/** What holds whenever an `up` or a removal has finished, whatever happened before. */
import assert from "node:assert/strict";
import { createPublicKey, type JsonWebKey } from "node:crypto";
import { isStrict } from "../../world/localKms";
import { HOME } from "../../world/scene";
import { everythingDecrypts } from "./inUse";
import type { Stack } from "./stack";
import { REPLICAS } from "./steps";

export async function checkInvariants(stack: Stack): Promise<void> {
  await nothingIsUnaccounted(stack);
  if (!stack.distributed) return;
  await aliasIsOnWhatSigns(stack);
  await enabledVersionsArePublished(stack);
  await everythingDecrypts(stack, regionsOf(stack), stack.minimum);
  await nothingIsLeftToDo(stack);
}

const regionsOf = (stack: Stack) => (stack.distributed ? [HOME, ...stack.replicas] : []);

/** One KMS key for each version that state knows, in each Region; no other, but those that wait for their deletion. */
async function nothingIsUnaccounted(stack: Stack): Promise<void> {
  for (const region of [HOME, ...REPLICAS]) {
    const records = regionsOf(stack).includes(region) ? stack.records(region) : {};
    const ids = Object.values(records).map(({ keyId }) => keyId);
    const wanted = new Set(ids);
    if (stack.beginning.rotationStrategy === "manual")
      assert.equal(wanted.size, ids.length, `KMS keys for ${ids.length} versions in ${region}`);
    else assert.ok(wanted.size <= 1, `${wanted.size} KMS keys in ${region}`);
    const keys = await stack.scene.at(region).keys();
    const seen = new Map(keys.map(({ KeyId, KeyState }) => [KeyId, KeyState]));
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

/** What is encrypted through the alias is under the latest version, but for what `publishBefore` has wait; it is kept. */
async function aliasIsOnWhatSigns(stack: Stack): Promise<void> {
  const version = stack.publication.signing!;
  for (const region of regionsOf(stack)) {
    const { keyId, keyArn, keyMaterialId } = stack.records(region)[version]!;
    const outputs = stack.outputs(region);
    const shown = [outputs.keyId, outputs.keyArn, outputs.aliasTarget];
    assert.deepEqual(shown, [keyId, keyArn, keyId], `what the state says of the alias in ${region}`);
    const observer = stack.scene.at(region);
    const aliases = [stack.aliasName, ...stack.extraAliases].map((name) => [name, keyId]);
    assert.deepEqual(await observer.aliases(), Object.fromEntries(aliases), `aliases in ${region}`);
    const seen = await observer.describe(stack.aliasName);
    assert.equal(seen.KeyId, keyId, `the KMS key of the alias in ${region}, on version ${version}`);
    if (stack.beginning.rotationStrategy === "on-demand")
      assert.equal(seen.CurrentKeyMaterialId, keyMaterialId, `the current material in ${region}`);
    const text = `${keyId}, version ${version}, encrypted in ${region}`;
    if (stack.secrets.some((secret) => secret.text === text)) continue;
    stack.secrets.push({ version, ...(await observer.seal(stack.aliasName, text, stack.use)) });
  }
}

/** Verifiers know the public key of every version that is enabled, those that wait too; and of no other. */
async function enabledVersionsArePublished(stack: Stack): Promise<void> {
  const { jwks } = stack.program.outputs("key");
  if (jwks === undefined) return;
  const published = (JSON.parse(String(jwks)) as { keys: JsonWebKey[] }).keys.map((key) =>
    createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "der" }).toString("base64"),
  );
  const enabled = Object.entries(stack.records(HOME)).filter(([version]) => Number(version) >= stack.minimum);
  const theirs = enabled.map(([, { keyId }]) => stack.scene.at(HOME).publicKey(keyId));
  assert.deepEqual(published, await Promise.all(theirs), "the public keys in `jwks`");
}

const READS = /^(Describe|Get|List)/;

async function nothingIsLeftToDo(stack: Stack): Promise<void> {
  const calls = async () => {
    const made = await stack.scene.callsOf(() => stack.settle());
    // What KMS has shown late is looked at once more.
    return isStrict ? Object.fromEntries(Object.entries(made).filter(([name]) => !READS.test(name))) : made;
  };
  assert.deepEqual(await calls(), {}, "calls of an update with nothing to do");
  assert.deepEqual(await stack.program.refreshAll(), [], "drift after an update");
  assert.deepEqual(await calls(), {}, "calls of an update with nothing to do after a refresh");
}
