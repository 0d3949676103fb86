import type {
  GetParametersForImportRequest,
  GetParametersForImportResponse,
  ImportKeyMaterialRequest,
  ImportKeyMaterialResponse,
} from "@aws-sdk/client-kms";
import { KmsError, unsupported, validation } from "../../api/errors.js";
import { openImportToken, sealImportToken } from "../../crypto/importToken.js";
import { readMaterial } from "../../crypto/readMaterial.js";
import { isOfSize, unwrap } from "../../crypto/unwrap.js";
import { keyArn } from "../../keys/arn.js";
import { requireOrigin } from "../../keys/kind.js";
import { awaited, bindMaterial } from "../../keys/material/material.js";
import { checkWrapping } from "../../keys/material/wrapping.js";
import { DAY, type KeyRecord } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import { specOf } from "../../keys/specs.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";

const LONGEST_DAYS = 365;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html: each set is fresh, valid for 24 h. */
export async function getParametersForImport(
  call: Call,
  input: GetParametersForImportRequest,
): Promise<GetParametersForImportResponse> {
  const key = importableKey(call, input.KeyId!);
  const { algorithm, keySpec } = checkWrapping(key, input.WrappingAlgorithm!, input.WrappingKeySpec!);
  const { publicKey, privateKey } = await call.kms.pool.take(keySpec);
  const validTo = call.now + DAY;
  const token = sealImportToken(call.kms.tokenKey, {
    keyArn: keyArn(key),
    wrappingAlgorithm: algorithm,
    validTo,
    privateKey,
  });
  return {
    KeyId: keyArn(key),
    ImportToken: token,
    PublicKey: publicKey,
    ParametersValidTo: new Date(validTo),
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html */
export async function importKeyMaterial(
  call: Call,
  input: ImportKeyMaterialRequest,
): Promise<ImportKeyMaterialResponse> {
  const key = importableKey(call, input.KeyId!);
  checkSymmetricOnly(key, input);
  checkExpiry(call.now, input);
  const bytes = unwrapMaterial(call, key, input);
  const bound = bindMaterial(key, call.now, bytes, input);
  const { material } = bound;
  const replicas = bound.isNew
    ? call.store.relatedKeys(key).filter(({ region }) => region !== key.region)
    : [];
  const awaiting = replicas.map((replica) => ({
    ...replica,
    materials: [...replica.materials, awaited(material)],
  }));
  await call.store.commit([bound.key, ...awaiting].map(putKey));
  return { KeyId: keyArn(key), KeyMaterialId: specOf(key).type === "symmetric" ? material.id : undefined };
}

/** A key that material is imported into, in a state that allows the operation. */
export function importableKey(call: Call, keyId: string): KeyRecord {
  const key = usableKey(call, keyId, "keys");
  requireOrigin(key, "EXTERNAL");
  return key;
}

/** Only symmetric encryption keys have several materials, and with that names and descriptions for them. */
function checkSymmetricOnly(key: KeyRecord, input: ImportKeyMaterialRequest): void {
  if (specOf(key).type === "symmetric") return;
  for (const name of ["ImportType", "KeyMaterialDescription", "KeyMaterialId"] as const) {
    if (input[name] !== undefined)
      throw unsupported(`${name} is only valid for symmetric encryption keys, not for KeySpec ${key.spec}`);
  }
}

function checkExpiry(
  now: number,
  { ExpirationModel = "KEY_MATERIAL_EXPIRES", ValidTo }: ImportKeyMaterialRequest,
): void {
  if (ExpirationModel === "KEY_MATERIAL_DOES_NOT_EXPIRE") {
    if (ValidTo)
      throw validation("A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE");
    return;
  }
  if (!ValidTo) throw validation("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES");
  if (ValidTo.getTime() <= now) throw validation("The validTo date must be in the future");
  if (ValidTo.getTime() > now + LONGEST_DAYS * DAY)
    throw validation(`The validTo date must be within ${LONGEST_DAYS} days`);
}

function unwrapMaterial(call: Call, key: KeyRecord, input: ImportKeyMaterialRequest): Buffer {
  const set = openImportToken(call.kms.tokenKey, input.ImportToken!);
  if (set?.keyArn !== keyArn(key)) {
    throw new KmsError("InvalidImportTokenException", "The import token is not valid for this KMS key");
  }
  if (call.now >= set.validTo)
    throw new KmsError("ExpiredImportTokenException", "The import token has expired");
  if (!isOfSize(set.wrappingAlgorithm, set.privateKey, input.EncryptedKeyMaterial!))
    throw validation("Invalid encrypted key size.");
  const bytes = unwrap(set.wrappingAlgorithm, set.privateKey, input.EncryptedKeyMaterial!);
  if (!bytes) {
    throw new KmsError(
      "InvalidCiphertextException",
      "The encrypted key material cannot be decrypted with the import token's key",
    );
  }
  const material = readMaterial(specOf(key).material, bytes);
  if (!material) {
    throw new KmsError(
      "IncorrectKeyMaterialException",
      `The key material is not valid for a KMS key of KeySpec ${key.spec}`,
    );
  }
  return material;
}
