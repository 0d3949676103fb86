/** The response to GetParametersForImport is not trusted: it is checked before any material is wrapped. */

import { createPublicKey, type KeyObject } from "node:crypto";
import { KeymgmtError } from "../errors";
import type { WrappingKeySpec } from "../schema/types";
import type { CallContext, KmsOutput } from "./client/client";

/** The parameters of the request. */
export interface RequestedParameters {
  keyId: string;
  region: string;
  wrappingKeySpec: WrappingKeySpec;
}

/**
 * The wrapping key of a response. Throws AwsError if the response is for another KMS key, expired long ago, or holds another kind of key than
 * requested. The key itself does not prove that it is AWS's. Only TLS shows that AWS answered.
 */
export function wrappingKeyOf(
  answer: KmsOutput<"GetParametersForImport">,
  requested: RequestedParameters,
  context: CallContext,
): KeyObject {
  const key = readWrappingKey(answer.PublicKey ?? new Uint8Array(), requested.wrappingKeySpec);
  const mistake = answerMistake(answer, requested) ?? ("mistake" in key ? key.mistake : undefined);
  if (mistake === undefined) return key as KeyObject;
  const { keyId, region, wrappingKeySpec } = requested;
  throw new KeymgmtError(
    "AwsError",
    `Expected GetParametersForImport to answer with an import token and an ${wrappingKeySpec} public key (DER SubjectPublicKeyInfo, exponent ${EXPONENT}) for KMS key ${keyId} in ${region}; ${mistake}. Nothing was wrapped, and no material was sent. AWS KMS does not answer so: find out what answers at the endpoint.`,
    { ...context, operation: "GetParametersForImport", region, keyId },
  );
}

/** Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html (KeyId is the key's ARN). */
function answerMistake(
  { KeyId = "", ImportToken, ParametersValidTo }: KmsOutput<"GetParametersForImport">,
  { keyId, region }: RequestedParameters,
): string | undefined {
  const isIt = KeyId === keyId || (KeyId.endsWith(`:key/${keyId}`) && KeyId.split(":")[3] === region);
  if (!isIt) return "it is for another KMS key";
  if (!ImportToken?.length) return "there is no import token";
  if (!ParametersValidTo) return "it does not say until when it is valid";
  // Parameters are valid for 24 hours, and AWS checks that by its own clock. This machine's clock may be wrong (the AWS SDK then signs
  // with AWS's time), so one day of difference is accepted.
  if (ParametersValidTo.getTime() > Date.now() - ONE_DAY) return undefined;
  return `it was valid until ${ParametersValidTo.toISOString()}, which is past by this machine's clock`;
}

const ONE_DAY = 24 * 60 * 60 * 1000;

/** AWS documents no exponent. This one is the smallest that FIPS 186-5 (A.1.1) allows, and the usual one. */
const EXPONENT = 65537n;

function readWrappingKey(der: Uint8Array, spec: WrappingKeySpec): KeyObject | { mistake: string } {
  const key = parsed(der);
  if (!key) return { mistake: `the key is ${der.length} bytes that are no public key` };
  if (key.asymmetricKeyType !== "rsa")
    return { mistake: `the key is one of ${key.asymmetricKeyType}, not RSA` };
  // OpenSSL accepts other encodings than DER and ignores trailing bytes, but it writes exact DER. So the two are compared.
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
