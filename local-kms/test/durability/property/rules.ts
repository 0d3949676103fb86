import { Verdict } from "./verdict.js";
import {
  aliasIn,
  type Ciphertext,
  isEverywhere,
  type Key,
  type Material,
  type Region,
  type RegionalKey,
  type State,
  statesOf,
  type World,
} from "./world.js";

/**
 * The rules of each operation, from AWS's words: the API reference (in the comments, quoted) and the table of key states
 * (https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html).
 */
const INVALID_STATE = "KMSInvalidStateException";
const DISABLED = "DisabledException";
const NOT_FOUND = "NotFoundException";
const UNSUPPORTED = "UnsupportedOperationException";
const INCORRECT_MATERIAL = "IncorrectKeyMaterialException";
const INVALID = "ValidationException";

type Found = { key: Key; region: Region; regional: RegionalKey; states: State[] };

function find(world: World, key: Key, region: Region): Found | undefined {
  const regional = key.regions.get(region);
  return regional && { key, region, regional, states: statesOf(world, key, regional) };
}

const isPendingDeletion = (state: State) => state === "PendingDeletion" || state === "PendingReplicaDeletion";

/** What a column of the state table says: the states that an operation works in. Footnotes 1, 2, 3 and 5 name the errors. */
function needsState(verdict: Verdict, { states }: Found, ...good: State[]): Verdict {
  for (const state of states) {
    // A state that was open has been looked at before anything else is asked.
    if (good.includes(state)) continue;
    if (state === "Disabled") verdict.refuse(true, DISABLED);
    else if (isPendingDeletion(state)) verdict.refuse(true, DISABLED, INVALID_STATE);
    else verdict.refuse(true, INVALID_STATE);
  }
  return verdict;
}

/** Columns in which PendingDeletion has footnote 3 alone, and Creating and Updating theirs. */
function refusesState(verdict: Verdict, { states }: Found, ...bad: State[]): Verdict {
  return verdict.refuse(
    states.some((state) => bad.includes(state)),
    INVALID_STATE,
  );
}

const DELETION: State[] = ["PendingDeletion", "PendingReplicaDeletion"];

function ofKey(
  world: World,
  key: Key,
  region: Region,
  rules: (verdict: Verdict, found: Found) => Verdict,
): Verdict {
  const found = find(world, key, region);
  return found ? rules(new Verdict(), found) : new Verdict().refuse(true, NOT_FOUND);
}

/** EnableKey and DisableKey. */
export const enabling = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict, found) =>
    refusesState(verdict, found, ...DELETION, "PendingImport", "Creating", "Updating"),
  );

export const scheduling = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict, found) => refusesState(verdict, found, ...DELETION, "Updating"));

/** Footnote 4: "is not pending deletion". */
export const cancelling = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict, { states }) =>
    verdict.refuse(!states.some(isPendingDeletion), INVALID_STATE),
  );

export const describing = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict) => verdict);

export const puttingPolicy = describing;

/** TagResource and UntagResource. */
export const tagging = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict, found) => refusesState(verdict, found, ...DELETION));

/** "If the Region already includes a replica …, ReplicateKey returns an AlreadyExistsException error." */
export const replicating = (world: World, key: Key, region: Region, to: Region) =>
  ofKey(world, key, region, (verdict, found) =>
    needsState(verdict, found, "Enabled")
      .refuse(!key.multiRegion || region !== key.primary, UNSUPPORTED)
      // "The replica must be in a different Amazon Web Services Region than its primary key and other replicas".
      .refuse(to === region, "AlreadyExistsException", INVALID, UNSUPPORTED)
      .refuse(key.regions.has(to), "AlreadyExistsException"),
  );

/** "Both the primary key and the replica key must be in the Enabled key state when the operation starts." */
export const updatingPrimary = (world: World, key: Key, region: Region, to: Region) =>
  ofKey(world, key, region, (verdict, found) => {
    const target = find(world, key, to);
    // The state table lets it work on a key that is Updating, the guide does not.
    verdict.open(found.states.includes("Updating"), INVALID_STATE);
    needsState(verdict, found, "Enabled", "Updating");
    if (target) needsState(verdict, target, "Enabled", "Updating");
    return verdict
      .refuse(!key.multiRegion || region !== key.primary, UNSUPPORTED)
      .refuse(to === region, UNSUPPORTED, INVALID)
      .refuse(!target, NOT_FOUND, UNSUPPORTED);
  });

/** "That key material's state should be PENDING_ROTATION"; multi-Region keys: "invoke the on-demand rotation on the primary key". */
export const rotating = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict, found) => {
    const ready = !key.external || (key.pending !== undefined && isEverywhere(key, key.pending));
    return needsState(verdict, found, "Enabled", "Updating")
      .open(found.states.includes("Updating"), INVALID_STATE)
      .refuse(region !== key.primary, UNSUPPORTED, INVALID_STATE)
      .refuse(ready === false, INVALID_STATE)
      .open(ready === "doubtful", INVALID_STATE)
      .refuse(key.rotations >= 25, "LimitExceededException");
  });

export const gettingParameters = (world: World, key: Key, region: Region) =>
  ofKey(world, key, region, (verdict, found) =>
    refusesState(verdict, found, ...DELETION, "Creating", "Updating").refuse(!key.external, UNSUPPORTED),
  );

export interface ImportRequest {
  material: Material;
  type?: "NEW_KEY_MATERIAL" | "EXISTING_KEY_MATERIAL";
  validTo?: number;
  tokenIsExpired: boolean;
  flaw?: string;
}

export const importing = (world: World, key: Key, region: Region, request: ImportRequest) =>
  ofKey(world, key, region, (verdict, found) => {
    const { validTo } = request;
    refusesState(verdict, found, ...DELETION, "Creating")
      .refuse(!key.external, UNSUPPORTED)
      .refuse(request.tokenIsExpired, "ExpiredImportTokenException")
      .refuse(request.flaw === "another key's token", "InvalidImportTokenException")
      .refuse(request.flaw === "damaged", "InvalidCiphertextException")
      // "Must be a future date and time. The maximum value is 365 days from the request date."
      .refuse(
        validTo !== undefined && (validTo <= world.now || validTo > world.now + 365 * 24 * 3_600_000),
        INVALID,
      );
    return isNew(key, region, request)
      ? importingNew(verdict, found, request)
      : importingExisting(verdict, found, request);
  });

/**
 * "If no key material has ever been imported into the KMS key, and this parameter is omitted, the parameter defaults to
 * NEW_KEY_MATERIAL." A replica's first import is of existing material all the same.
 */
export function isNew(key: Key, region: Region, { type }: ImportRequest): boolean {
  return type === undefined
    ? key.materials.length === 0 && region === key.primary
    : type === "NEW_KEY_MATERIAL";
}

function importingNew(
  verdict: Verdict,
  { key, region, regional, states }: Found,
  { material }: ImportRequest,
): Verdict {
  // "You cannot directly import new key material into the replica Region keys."
  if (region !== key.primary) verdict.refuse(true, UNSUPPORTED, INVALID_STATE, INCORRECT_MATERIAL);
  // Both may be shown as replicas then.
  verdict.open(states.includes("Updating"), UNSUPPORTED, INVALID_STATE);
  // "KMS expected new key material but the key material being imported is already associated with the KMS key".
  verdict.refuse(key.materials.includes(material), INCORRECT_MATERIAL);
  if (key.pending === undefined) return verdict;
  // "You can delete this key material and import different key material in its place."
  const waits = regional.imports.has(key.pending) && material !== key.pending;
  return waits
    ? verdict.refuse(true, INVALID_STATE, INCORRECT_MATERIAL)
    : verdict.open(true, INVALID_STATE, INCORRECT_MATERIAL);
}

function importingExisting(verdict: Verdict, { key, regional }: Found, { material }: ImportRequest): Verdict {
  if (key.materials.includes(material)) return verdict;
  // Waited for its rotation, and is gone from the primary: AWS does not say whether it is still "previously imported".
  const primary = key.regions.get(key.primary);
  if (key.discarded.has(material)) return verdict.open(true, INCORRECT_MATERIAL, INVALID_STATE);
  if (material !== key.pending) return verdict.refuse(true, INCORRECT_MATERIAL, INVALID_STATE);
  return verdict.open(
    primary !== regional && !primary?.imports.has(material),
    INCORRECT_MATERIAL,
    INVALID_STATE,
  );
}

/** `material` is undefined for the current one. */
export const deletingMaterial = (world: World, key: Key, region: Region, material: Material | undefined) =>
  ofKey(world, key, region, (verdict, found) => {
    const isAssociated =
      material === undefined || key.materials.includes(material) || key.pending === material;
    return (
      refusesState(verdict, found, "Creating", "Updating")
        .refuse(!key.external, UNSUPPORTED)
        .refuse(!isAssociated, NOT_FOUND, INVALID, INVALID_STATE)
        // A material that only the primary has: AWS does not say what deleting it on the replica is.
        .open(
          material !== undefined && material === key.pending && !found.regional.imports.has(material),
          NOT_FOUND,
          INVALID_STATE,
        )
    );
  });

/** "While the key state is Updating, you can use the keys in cryptographic operations". */
export const encrypting = (world: World, key: Key | undefined, region: Region) =>
  key
    ? ofKey(world, key, region, (verdict, found) => needsState(verdict, found, "Enabled", "Updating"))
    : new Verdict().refuse(true, NOT_FOUND);

/** Without a KeyId, KMS takes the key from the ciphertext; "if you identify a different KMS key, … IncorrectKeyException". */
export function decrypting(
  world: World,
  { key }: Ciphertext,
  region: Region,
  asked: Key | undefined,
): Verdict {
  const verdict = encrypting(world, asked ?? key, region);
  if (asked && asked !== key) verdict.refuse(true, "IncorrectKeyException");
  // What becomes of a ciphertext whose key is not to be found is not documented, but that it is not decrypted.
  return verdict.refuse(
    !key.regions.has(region),
    NOT_FOUND,
    "AccessDeniedException",
    "InvalidCiphertextException",
  );
}

export const creatingAlias = (world: World, key: Key, region: Region, alias: string) =>
  ofKey(world, key, region, (verdict, found) =>
    refusesState(verdict, found, ...DELETION).refuse(
      world.aliases.has(aliasIn(region, alias)),
      "AlreadyExistsException",
    ),
  );

/** Footnote 10: only the key that the alias goes to must not be pending deletion. */
export const updatingAlias = (world: World, key: Key, region: Region, alias: string) =>
  ofKey(world, key, region, (verdict, found) => refusesState(verdict, found, ...DELETION)).refuse(
    !world.aliases.has(aliasIn(region, alias)),
    NOT_FOUND,
  );

export const deletingAlias = (world: World, region: Region, alias: string) =>
  new Verdict().refuse(!world.aliases.has(aliasIn(region, alias)), NOT_FOUND);
