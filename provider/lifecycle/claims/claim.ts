/**
 * The tag `keymgmt:claim` of a KMS key: a nonce, and a MAC that only the holder of the key's keyring can make. Anybody who may create
 * and tag KMS keys can write the other tags. So a KMS key that is in no state is used only if its claim is valid.
 * AWS gives the id of a KMS key only after CreateKey, so the MAC cannot include it. A claim can be copied to another KMS key: if two KMS
 * keys have the same claim, it proves nothing. Pure.
 */
import crypto from "node:crypto";
import { partitionOf } from "../../kms/endpoints/regions";
import type { KmsRef } from "../../state/types";

/** What a claim says. */
export interface Claimed {
  partition: string;
  accountId: string;
  /** Region of the KMS key, or of its primary. */
  primaryRegion: string;
  /** Name of the managed key. */
  key: string;
  distribution: string;
  /** The first version that the KMS key holds. */
  version: number;
}

/** @param kms Region and account of the KMS key, or of its primary */
export function claimedIn(
  { keyCollection: primaryRegion, accountId }: Pick<KmsRef, "keyCollection" | "accountId">,
  key: string,
  distribution: string,
  version: number,
): Claimed {
  const location = { partition: partitionOf(primaryRegion), accountId: String(accountId), primaryRegion };
  return { ...location, key, distribution, version };
}

const VERSION = "v1";
const BYTES = 16;

/** `v1:<nonce>:<MAC>`, 128 bits each, in base64url. @param secret of the keyring, 32 bytes */
export function makeClaim(secret: Buffer, claimed: Claimed): string {
  const nonce = crypto.randomBytes(BYTES).toString("base64url");
  return `${VERSION}:${nonce}:${macOf(secret, claimed, nonce).toString("base64url")}`;
}

/** Whether the claim was made with this secret, for these values. */
export function isClaimOf(secret: Buffer, claimed: Claimed, claim: string): boolean {
  const [version, nonce = "", mac = "", ...more] = claim.split(":");
  if (version !== VERSION || more.length > 0) return false;
  const came = Buffer.from(mac, "base64url");
  return came.length === BYTES && crypto.timingSafeEqual(came, macOf(secret, claimed, nonce));
}

/** HMAC-SHA-256, truncated to 128 bits (RFC 2104, section 5). The values are a JSON list, so that no two sets of values give the same text. */
function macOf(secret: Buffer, claimed: Claimed, nonce: string): Buffer {
  const { partition, accountId, primaryRegion, key, distribution, version } = claimed;
  const text = JSON.stringify([
    ...[`keymgmt claim ${VERSION}`, partition, accountId, primaryRegion],
    ...[key, distribution, version, nonce],
  ]);
  return crypto.createHmac("sha256", secret).update(text).digest().subarray(0, BYTES);
}
