/** EC keys in a token. Source: PKCS#11 2.40, mechanisms, section 2.3. */
import { UNCOMPRESSED } from "../../privateKeys/faults";
import type { Curve } from "../../privateKeys/forms";
import { type HsmKeys, SEVERAL_BESIDE } from "./hsmKeys";
import { type KeyPairs, keyPairs } from "./keyPairs";
import { bytesIn } from "./objects";

/** CKA_EC_PARAMS: the object identifier of the curve in DER (RFC 5480 section 2.1.1.1, SEC 2). And how long a coordinate is. */
const PARAMETERS: Record<Curve, { oid: Buffer; bytes: number }> = {
  "P-256": { oid: Buffer.from("06082a8648ce3d030107", "hex"), bytes: 32 },
  "P-384": { oid: Buffer.from("06052b81040022", "hex"), bytes: 48 },
  "P-521": { oid: Buffer.from("06052b81040023", "hex"), bytes: 66 },
  secp256k1: { oid: Buffer.from("06052b8104000a", "hex"), bytes: 32 },
};

/** How a pair on a curve is made. */
export function pairsOn(crv: Curve): Pick<KeyPairs, "mechanism" | "generated"> {
  return {
    mechanism: ({ CKM_EC_KEY_PAIR_GEN }) => CKM_EC_KEY_PAIR_GEN,
    generated: ({ CKA_EC_PARAMS }) => [{ type: CKA_EC_PARAMS, value: PARAMETERS[crv].oid }],
  };
}

export function ecKeys(crv: Curve): HsmKeys {
  const { oid } = PARAMETERS[crv];
  return keyPairs({
    form: { kty: "EC", crv },
    keyType: ({ CKK_EC }) => CKK_EC,
    ...pairsOn(crv),
    publicPart: ({ CKA_EC_PARAMS, CKA_EC_POINT }, { x, y }) => [
      { type: CKA_EC_PARAMS, value: oid },
      { type: CKA_EC_POINT, value: octetString(UNCOMPRESSED, bytesOf(x), bytesOf(y)) },
    ],
    privatePart: ({ CKA_EC_PARAMS, CKA_VALUE }, { d }) => [
      { type: CKA_EC_PARAMS, value: Buffer.from(oid) }, // a copy: all of a private part is zeroed
      { type: CKA_VALUE, value: bytesOf(d) },
    ],
    /** The private key does not have the point. */
    publicHalf(session, key, beside) {
      const { CKA_EC_PARAMS, CKA_EC_POINT } = session.pkcs11;
      const named = bytesIn(session, key, CKA_EC_PARAMS);
      const curve = Object.entries(PARAMETERS).find(([, parameters]) => parameters.oid.equals(named));
      const [publicKey, another] = beside();
      if (another) return SEVERAL_BESIDE;
      if (!curve || !publicKey)
        return "has no public key beside it, with the same CKA_ID, on a curve that AWS KMS has";
      const [name, { bytes }] = curve;
      // Some tokens leave the octet string's tag and length out.
      const point = bytesIn(session, publicKey, CKA_EC_POINT).subarray(-2 * bytes);
      const [x, y] = [point.subarray(0, bytes), point.subarray(bytes)];
      return { kty: "EC", crv: name, x: x.toString("base64url"), y: y.toString("base64url") };
    },
    signing: ({ CKM_ECDSA }) => CKM_ECDSA,
    signsHash: true,
  });
}

/** In DER, of at most 255 bytes. */
function octetString(...parts: Buffer[]): Buffer {
  const { length } = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(length < 128 ? [4, length] : [4, 0x81, length]), ...parts]);
}

function bytesOf(member: string | undefined): Buffer {
  return Buffer.from(member!, "base64url");
}
