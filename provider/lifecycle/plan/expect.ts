/** The expected outcome of each step, so that a plan can be made without AWS. Pure. */
import { validToOf } from "../../keys/expiry";
import { versionsOf } from "../../state/records";
import { aliasOf, type Desired, type Known } from "./known";
import type { OutcomeOf, StepName, StepOf } from "./steps";

type Expectations = {
  [Name in StepName]: (known: Known, step: StepOf<Name>, desired: Desired) => OutcomeOf<Name>;
};

export function expected<Name extends StepName>(
  desired: Desired,
  known: Known,
  step: StepOf<Name>,
): OutcomeOf<Name> {
  return EXPECTED[step.do as Name](known, step, desired);
}

const IMPORTED_AT = "when it is imported";

const EXPECTED: Expectations = {
  findOrphans: () => ({ candidates: {}, isPermitted: true }),
  adopt: () => ({ records: {}, candidates: {}, isAll: true }),
  inspect: ({ records }, { version }) => records[version],
  findReplicas: () => [],
  findAlias: (known, { name }) => aliasOf(known, name).target ?? "",
  lookAtAlias: () => "",
  probeVersions: () => ({}),
  findPending: () => undefined,
  checkOwner: () => false,
  findRemovalOrphans: () => [],
  findStrayReplicas: () => ({}),
  createKey: (_known, { version }) => ({
    keyId: `new-${version}`,
    keyArn: `new-${version}`,
    state: "PendingImport",
  }),
  replicate: () => ({ state: "PendingImport", isMade: true }),
  markClaimPending: () => undefined,
  cancelDeletion: () => "Disabled",
  import: (_known, _step, desired) => ({ ...importedAs(desired), state: "Enabled" }),
  joinVersion({ records }, { version }, { primaries }) {
    const shared = records[versionsOf(records)[0]!]!;
    return { ...shared, importedAt: IMPORTED_AT, keyMaterialId: primaries[version]!.keyMaterialId };
  },
  importNewMaterial: (_known, { version }, desired) => ({
    version,
    imported: importedAs(desired),
    regions: [],
  }),
  rotate: () => undefined,
  enable: () => undefined,
  disable: () => undefined,
  syncMetadata: () => ({}),
  forget: () => undefined,
  createAlias: () => true,
  moveAlias: () => true,
  useNextName: () => undefined,
  deleteAlias: () => undefined,
  leaveAlias: () => undefined,
  scheduleDeletion: () => undefined,
  leaveAlone: () => undefined,
  refuse: () => {
    throw new Error("a refusal has no outcome");
  },
};

/** The material expires as desired, so that no second import is planned. */
function importedAs({ expiry, now }: Desired) {
  return { importedAt: IMPORTED_AT, validTo: validToOf(expiry, new Date(now))?.toISOString() };
}
