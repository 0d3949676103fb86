/**
 * The tag `keymgmt:claim` of a KMS key: a nonce of its own, and a MAC that only the holder of the key's keyring can make. Anybody
 * who may create and tag KMS keys can write the other tags; so one that no state knows is used only where its claim is right.
 * AWS says a KMS key's id only after CreateKey, so the MAC is not over it: a claim may be copied, and proves nothing where two have it.
 * Pure.
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

/** Whether the holder of the secret has made this claim of it. */
export function isClaimOf(secret: Buffer, claimed: Claimed, claim: string): boolean {
  const [version, nonce = "", mac = "", ...more] = claim.split(":");
  if (version !== VERSION || more.length > 0) return false;
  const came = Buffer.from(mac, "base64url");
  return came.length === BYTES && crypto.timingSafeEqual(came, macOf(secret, claimed, nonce));
}

/** HMAC-SHA-256, cut to 128 bits (RFC 2104, section 5). A list in JSON can be read in one way only. */
function macOf(secret: Buffer, claimed: Claimed, nonce: string): Buffer {
  const { partition, accountId, primaryRegion, key, distribution, version } = claimed;
  const text = JSON.stringify([
    ...[`keymgmt claim ${VERSION}`, partition, accountId, primaryRegion],
    ...[key, distribution, version, nonce],
  ]);
  return crypto.createHmac("sha256", secret).update(text).digest().subarray(0, BYTES);
}
