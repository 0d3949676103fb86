import { unsupported, validation } from "../../api/errors.js";
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
  const refused = (why: string) => `Wrapping algorithm ${algorithm} and wrapping key spec ${keySpec} ${why}`;
  const wrapping = builtWrapping(algorithm, keySpec);
  if (!wrapping || !isInPartition(wrapping, key)) throw unsupported(refused("are not supported."));
  if (!carries(wrapping, key)) throw validation(refused(`cannot be used to import a ${key.spec} key.`));
  return wrapping;
}

function builtWrapping(algorithm: string, keySpec: string): Wrapping | undefined {
  const isBuilt = Object.hasOwn(WRAPPING_ALGORITHMS, algorithm) && Object.hasOwn(WRAPPING_BITS, keySpec);
  return isBuilt ? ({ algorithm, keySpec } as Wrapping) : undefined;
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html */
const isInPartition = ({ algorithm }: Wrapping, { region }: KeyRecord) =>
  !WRAPPING_ALGORITHMS[algorithm].withAes || partitionOf(region) !== "aws-cn";

function carries({ algorithm, keySpec }: Wrapping, key: KeyRecord): boolean {
  const { kind } = specOf(key).material;
  if (WRAPPING_ALGORITHMS[algorithm].withAes) return kind !== "bytes";
  return kind !== "rsa" && !(key.spec === "ECC_NIST_P521" && keySpec === "RSA_2048");
}
