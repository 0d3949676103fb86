import { KmsError, validation } from "./api/errors.js";
import { readInput } from "./api/validate.js";
import { readMaterial } from "./crypto/readMaterial.js";
import { rootCaller } from "./iam/caller.js";
import { isKeyId, partitionOf } from "./keys/arn.js";
import { bindMaterial } from "./keys/material/material.js";
import { specOf } from "./keys/specs.js";
import type { Call, Kms } from "./operations/call.js";
import { createAlias } from "./operations/management/aliases.js";
import { createKey } from "./operations/management/creation.js";
import type { SeedKey } from "./seedKey.js";
import { type Change, putKey } from "./store/change.js";
import { openStore } from "./store/open.js";

/**
 * The changes that make the keys, by the same rules as requests, so long before `now` that their tags count. Throws a sentence that names
 * the key that is wrong.
 */
export async function seedChanges(seeds: readonly SeedKey[], kms: Kms, now: number): Promise<Change[]> {
  const then = now - kms.settings.tagsCountAfterMillis;
  const store = await openStore(undefined);
  for (const [index, seed] of seeds.entries()) {
    try {
      await plant(seed, { ...kms, store }, then);
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      throw new Error(`keys[${index}]: ${error.name}: ${error.message}`);
    }
  }
  return store.changes();
}

async function plant(seed: SeedKey, kms: Kms, now: number): Promise<void> {
  const { account = "111122223333", region = "us-east-1", keyId, aliases = [], create = {}, material } = seed;
  const caller = rootCaller(partitionOf(region), account);
  const call = (operation: string, body: Record<string, unknown>): Call => {
    const input = readInput(operation, body);
    const { store } = kms;
    return {
      account,
      region,
      caller,
      sourceIp: "127.0.0.1",
      operation,
      input,
      now,
      kms,
      store,
      visible: store,
    };
  };
  const shape = create.MultiRegion ? /^mrk-/ : /^[^-]{8}-/;
  if (keyId !== undefined && !(isKeyId(keyId) && shape.test(keyId)))
    throw validation("expected `keyId` to be a UUID, or `mrk-` and 32 hex digits of a multi-Region key");
  if (keyId !== undefined && kms.store.key({ account, region }, keyId))
    throw validation(`the key ${keyId} is there twice`);
  const made = call("CreateKey", material === undefined ? create : { Origin: "EXTERNAL", ...create });
  const { KeyId } = (await createKey(made, made.input, keyId)).KeyMetadata!;
  if (material !== undefined) {
    const key = kms.store.key({ account, region }, KeyId!)!;
    const bytes = readMaterial(specOf(key).material, Buffer.from(material, "base64"));
    if (!bytes)
      throw new KmsError("IncorrectKeyMaterialException", `\`material\` does not fit KeySpec ${key.spec}`);
    const { key: bound } = bindMaterial(key, now, bytes, { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" });
    await kms.store.commit([putKey(bound)]);
  }
  for (const AliasName of aliases) {
    const request = { AliasName, TargetKeyId: KeyId };
    await createAlias(call("CreateAlias", request), request);
  }
}
