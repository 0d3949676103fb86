import { unsupported } from "../../api/errors.js";
import { WRAPPING_ALGORITHMS, type WrappingAlgorithm } from "../../crypto/unwrap.js";
import { type RsaWrappingKeySpec, WRAPPING_BITS } from "../../crypto/wrappingPair.js";
import { partitionOf } from "../arn.js";
import type { KeyRecord } from "../record.js";
import { specOf } from "../specs.js";

export interface Wrapping {
  readonly algorithm: WrappingAlgorithm;
  readonly keySpec: RsaWrappingKeySpec;
}

/**
 * Which wrapping carries which material: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html
 * RSAES_PKCS1_V1_5 ended on 2023-10-10; SM2 and SM2PKE are for the China Regions and not built.
 */
export function checkWrapping(key: KeyRecord, algorithm: string, keySpec: string): Wrapping {
  const refused = unsupported(
    `WrappingAlgorithm ${algorithm} with WrappingKeySpec ${keySpec} is not valid for key material of KeySpec ${key.spec}`,
  );
  if (!Object.hasOwn(WRAPPING_ALGORITHMS, algorithm) || !Object.hasOwn(WRAPPING_BITS, keySpec)) throw refused;
  const wrapping = { algorithm, keySpec } as Wrapping;
  if (!carries(wrapping, key)) throw refused;
  return wrapping;
}

function carries({ algorithm, keySpec }: Wrapping, key: KeyRecord): boolean {
  const { kind } = specOf(key).material;
  // https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
  const hasAes = partitionOf(key.region) !== "aws-cn";
  if (WRAPPING_ALGORITHMS[algorithm].withAes) return hasAes && kind !== "bytes";
  return kind !== "rsa" && !(key.spec === "ECC_NIST_P521" && keySpec === "RSA_2048");
}
