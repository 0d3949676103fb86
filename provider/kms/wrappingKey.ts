/** What GetParametersForImport answers is not believed: it is checked before any material is wrapped. */

import { createPublicKey, type KeyObject } from "node:crypto";
import { KeymgmtError } from "../errors";
import type { WrappingKeySpec } from "../schema/types";
import type { CallContext, KmsOutput } from "./client/client";

/** What was asked for. */
export interface AskedParameters {
  keyId: string;
  region: string;
  wrappingKeySpec: WrappingKeySpec;
}

/**
 * The wrapping key of an answer that is for this KMS key, not from long ago, and a key of the kind that was asked for. Throws
 * AwsError. Whose key it is it cannot tell: that AWS answered is what TLS says.
 */
export function wrappingKeyOf(
  answer: KmsOutput<"GetParametersForImport">,
  asked: AskedParameters,
  context: CallContext,
): KeyObject {
  const key = readWrappingKey(answer.PublicKey ?? new Uint8Array(), asked.wrappingKeySpec);
  const mistake = answerMistake(answer, asked) ?? ("mistake" in key ? key.mistake : undefined);
  if (mistake === undefined) return key as KeyObject;
  const { keyId, region, wrappingKeySpec } = asked;
  throw new KeymgmtError(
    "AwsError",
    `Expected GetParametersForImport to answer with an import token and an ${wrappingKeySpec} public key (DER SubjectPublicKeyInfo, exponent ${EXPONENT}) for KMS key ${keyId} in ${region}; ${mistake}. Nothing was wrapped, and no material was sent. AWS KMS does not answer so: find out what answers at the endpoint.`,
    { ...context, operation: "GetParametersForImport", region, keyId },
  );
}

/** Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html (KeyId is the key's ARN). */
function answerMistake(
  { KeyId = "", ImportToken, ParametersValidTo }: KmsOutput<"GetParametersForImport">,
  { keyId, region }: AskedParameters,
): string | undefined {
  const isIt = KeyId === keyId || (KeyId.endsWith(`:key/${keyId}`) && KeyId.split(":")[3] === region);
  if (!isIt) return "it is for another KMS key";
  if (!ImportToken?.length) return "there is no import token";
  if (!ParametersValidTo) return "it does not say until when it is valid";
  // AWS gives 24 hours, and refuses what is past by its own clock. This machine's may be wrong: the AWS SDK signs by AWS's then.
  if (ParametersValidTo.getTime() > Date.now() - ONE_DAY) return undefined;
  return `it was valid until ${ParametersValidTo.toISOString()}, which is past by this machine's clock`;
}

const ONE_DAY = 24 * 60 * 60 * 1000;

/** AWS names none. It is the smallest that FIPS 186-5 (A.1.1) allows, and the one that everybody takes. */
const EXPONENT = 65537n;

function readWrappingKey(der: Uint8Array, spec: WrappingKeySpec): KeyObject | { mistake: string } {
  const key = parsed(der);
  if (!key) return { mistake: `the key is ${der.length} bytes that are no public key` };
  if (key.asymmetricKeyType !== "rsa")
    return { mistake: `the key is one of ${key.asymmetricKeyType}, not RSA` };
  // OpenSSL reads more than DER, and ignores what follows it. It writes nothing else.
  if (!key.export({ type: "spki", format: "der" }).equals(der))
    return { mistake: "the key is not encoded as DER, or something follows it" };
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails!;
  if (`RSA_${modulusLength}` !== spec) return { mistake: `the key has ${modulusLength} bits` };
  if (publicExponent !== EXPONENT) return { mistake: `the key has exponent ${publicExponent}` };
  const modulus = Buffer.from(key.export({ format: "jwk" }).n!, "base64url");
  return modulus.at(-1)! % 2 === 0 ? { mistake: "the key has an even modulus" } : key;
}

function parsed(der: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
