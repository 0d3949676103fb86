/** Versions of a key whose material is in an HSM. The material leaves the HSM only encrypted for AWS. */
import { randomBytes } from "node:crypto";
import { KeymgmtError } from "../../../errors";
import type { WrappableMaterial } from "../../../kms/wrapping";
import { shownReference } from "../../../secrecy/shownReference";
import { sayIfLong } from "../../generating";
import { differenceOf, isSame, type ShownIdentity } from "../../keyCheckValue";
import { shownIdentityOf } from "../../keyring";
import { hsmKeysOf, type KeyType } from "../../keyTypes";
import { named, type VersionId } from "../rootKey";
import type { KeystoreSession } from "../session";
import type { TokenSession } from "./cryptoki";
import { reachToken, type Token } from "./token";
import { type HsmKeystore, hsmObjectUri, parseHsmObject } from "./uri";
import { triedWrapping } from "./wrapping";

/** An HSM, and the type of the key whose versions it holds. */
export interface Hsm {
  session: KeystoreSession;
  keystore: HsmKeystore;
  type: KeyType;
}

/** What the state holds of a version in an HSM. */
export interface HsmVersion extends ShownIdentity {
  /** URI of the key in the token (RFC 7512). */
  from: string;
}

/** Generates a version in the HSM. `before` is the version before it, which must be in the HSM too: one HSM holds all versions of a key. */
export async function makeInHsm(hsm: Hsm, of: VersionId, before?: HsmVersion): Promise<HsmVersion> {
  const id = newId();
  const from = hsmObjectUri(id);
  const { session, type } = hsm;
  const token = await reachToken(session, hsm.keystore);
  const { identity } = await token.use(`make ${named(of)}`, async (loggedIn) => {
    requireEarlierVersion(hsm, loggedIn, token, of, before);
    await sayIfLong(session.say, type, of, async () => hsmKeysOf(type).generate(loggedIn, labelOf(of), id));
    return requireKey(hsm, loggedIn, token, of, { from });
  });
  return { ...identity, from };
}

/** Puts a version's material into the HSM that holds the version before it. The caller zeroes the material. */
export async function putIntoHsm(
  hsm: Hsm,
  of: VersionId,
  material: Buffer,
  before?: HsmVersion,
): Promise<HsmVersion> {
  const id = newId();
  const version = { ...shownIdentityOf(hsm.type, material), from: hsmObjectUri(id) };
  const token = await reachToken(hsm.session, hsm.keystore);
  await token.use(`accept the material of ${named(of)}, which not every HSM does`, (loggedIn) => {
    requireEarlierVersion(hsm, loggedIn, token, of, before);
    hsmKeysOf(hsm.type).create(loggedIn, labelOf(of), id, material);
    requireKey(hsm, loggedIn, token, of, version);
  });
  return version;
}

/** Finds a version in the HSM that holds the version before it. If its identity is known, the key must have the same. */
export async function findInHsm(
  hsm: Hsm,
  of: VersionId,
  wanted: Wanted,
  before?: HsmVersion,
): Promise<HsmVersion> {
  const token = await reachToken(hsm.session, hsm.keystore);
  const { identity } = await token.use(`show ${named(of)}`, (loggedIn) => {
    requireEarlierVersion(hsm, loggedIn, token, of, before);
    return requireKey(hsm, loggedIn, token, of, wanted);
  });
  return { ...identity, from: wanted.from };
}

/** A version for importMaterial, wrapped by the HSM. */
export async function wrappedByHsm(hsm: Hsm, of: VersionId, version: HsmVersion): Promise<WrappableMaterial> {
  const token = await reachToken(hsm.session, hsm.keystore);
  const purpose = `wrap ${named(of)}`;
  const probe = await hsm.session.probeKeyPair();
  const wrapping = await token.use(purpose, (loggedIn) => {
    requireKey(hsm, loggedIn, token, of, version);
    return triedWrapping(loggedIn, hsmKeysOf(hsm.type).wrappings, probe);
  });
  return {
    wrappingAlgorithm: wrapping.algorithm,
    wrap: (wrappingKey) =>
      token.use(purpose, (loggedIn) => {
        const { key } = requireKey(hsm, loggedIn, token, of, version);
        return wrapping.wrap(loggedIn, key, wrappingKey);
      }),
    release() {}, // no material is in this process, and a PIN is a string, which cannot be overwritten
  };
}

type Wanted = Pick<HsmVersion, "from"> & Partial<HsmVersion>;

function requireEarlierVersion(
  hsm: Hsm,
  loggedIn: TokenSession,
  token: Token,
  { key, version }: VersionId,
  before?: HsmVersion,
): void {
  if (before) requireKey(hsm, loggedIn, token, { key, version: version - 1 }, before);
}

/** The one key that a URI names: of the right type, extractable and, where its identity is known, with that identity. */
function requireKey(
  { type }: Hsm,
  loggedIn: TokenSession,
  token: Token,
  of: VersionId,
  { from, kcv, cmac }: Wanted,
) {
  const refused = (came: string, next: string) =>
    new KeymgmtError(
      "KeystoreUnavailable",
      `Expected ${named(of)} at ${shownReference(from)} in the HSM's token "${token.name}"; ${came}. ${next} The keyring is as it was.`,
      { ...of },
    );
  const object = parseHsmObject(from);
  if ("mistake" in object) throw refused("this names no key", "Restore the stack's state from a backup.");
  const keys = hsmKeysOf(type);
  const [key, another] = keys.find(loggedIn, object);
  const restore = "Restore the HSM from its owner's backup, or name the token that holds it.";
  if (!key) throw refused(`it holds no such ${keys.kind}`, restore);
  if (another) throw refused(`several ${keys.kind}s match`, "Name it by its id.");
  const mistake = keys.mistake(loggedIn, key);
  if (mistake) throw refused(`the key there ${mistake}`, `AWS KMS takes ${keys.required}.`);
  const identity = keys.identityOf(loggedIn, key);
  const known = kcv === undefined ? identity : { kcv, cmac };
  if (!isSame(identity, known)) throw refused(`the key there ${differenceOf(identity, known)}`, restore);
  return { key, identity };
}

/** The label of the key, which the HSM's own tools show. */
const labelOf = ({ key, version }: VersionId) => `${key} v${version}`;

/** Unique in this HSM, and in another one to which a backup is restored. */
const newId = () => randomBytes(16);
