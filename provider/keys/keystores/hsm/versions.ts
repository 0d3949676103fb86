/** Versions of a key whose material is in an HSM. The material leaves the HSM only encrypted for AWS. */
import { randomBytes } from "node:crypto";
import type { WrappableMaterial } from "../../../kms/wrapping";
import { sayIfLong } from "../../generating";
import { shownIdentityOf } from "../../keyring";
import { hsmKeysOf } from "../../keyTypes";
import { named, type VersionId } from "../rootKey";
import { type Hsm, type HsmVersion, requireKey, type Wanted } from "./heldKey";
import { unavailable } from "./module";
import { differenceFrom, forNewVersion, sayIfPadded, wholeOrNone } from "./newKey";
import { reachToken } from "./token";
import { hsmObjectUri } from "./uri";
import { opened, triedWrapping } from "./wrapping";

/** Generates a version in the HSM. `before` is the version before it, which must be in the HSM too: one HSM holds all versions of a key. */
export async function makeInHsm(hsm: Hsm, of: VersionId, before?: HsmVersion): Promise<HsmVersion> {
  const id = newId();
  const from = hsmObjectUri(id);
  const { session, type } = hsm;
  const { identity } = await forNewVersion(hsm, `make ${named(of)}`, of, before, async (trial) => {
    await sayIfPadded(hsm, trial);
    return wholeOrNone(trial, id, async () => {
      const generate = async () => hsmKeysOf(type).generate(trial.loggedIn, labelOf(of), id);
      await sayIfLong(session.say, type, of, generate);
      return requireKey(hsm, trial.loggedIn, trial.token, of, { from });
    });
  });
  return { ...identity, from };
}

/**
 * Puts a version's material into the HSM that holds the version before it, and wraps it there: what is opened must be the material, because
 * the HSM may be the only one that has it from now on. The caller zeroes the material.
 */
export async function putIntoHsm(
  hsm: Hsm,
  of: VersionId,
  material: Buffer,
  before?: HsmVersion,
): Promise<HsmVersion> {
  const id = newId();
  const version = { ...shownIdentityOf(hsm.type, material), from: hsmObjectUri(id) };
  const purpose = `accept the material of ${named(of)}, which not every HSM does`;
  await forNewVersion(hsm, purpose, of, before, (trial) =>
    wholeOrNone(trial, id, () => {
      const { loggedIn, token, wrapping, probe } = trial;
      hsmKeysOf(hsm.type).create(loggedIn, labelOf(of), id, material);
      const { key } = requireKey(hsm, loggedIn, token, of, version);
      const came = opened(loggedIn, wrapping, key, probe);
      const difference = differenceFrom(hsm.type, material, came);
      came.fill(0);
      if (difference)
        throw unavailable(
          `Expected the HSM's token "${token.name}" to wrap ${named(of)} as it was put there; ${difference}. The key was removed from it: keep its material in another keystore.`,
        );
    }),
  );
  return version;
}

/** Finds a version in the HSM that holds the version before it. If its identity is known, the key must have the same. */
export async function findInHsm(
  hsm: Hsm,
  of: VersionId,
  wanted: Wanted,
  before?: HsmVersion,
): Promise<HsmVersion> {
  const { identity } = await forNewVersion(hsm, `show ${named(of)}`, of, before, async (trial) => {
    const found = requireKey(hsm, trial.loggedIn, trial.token, of, wanted);
    await sayIfPadded(hsm, trial);
    return found;
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

/** The label of the key, which the HSM's own tools show. */
const labelOf = ({ key, version }: VersionId) => `${key} v${version}`;

/** Unique in this HSM, and in another one to which a backup is restored. */
const newId = () => randomBytes(16);
