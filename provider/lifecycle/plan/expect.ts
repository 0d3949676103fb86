/** How each step is expected to end, so that a plan can be made without AWS. Pure. */
import { validToOf } from "../../keys/expiry";
import { versionsOf } from "../../state/records";
import type { Known, Wanted } from "./known";
import type { OutcomeOf, StepName, StepOf } from "./steps";

type Expectations = {
  [Name in StepName]: (known: Known, step: StepOf<Name>, wanted: Wanted) => OutcomeOf<Name>;
};

export function expected<Name extends StepName>(
  wanted: Wanted,
  known: Known,
  step: StepOf<Name>,
): OutcomeOf<Name> {
  return EXPECTED[step.do as Name](known, step, wanted);
}

const IMPORTED_AT = "when it is imported";

const EXPECTED: Expectations = {
  find: () => ({ candidates: {}, isPermitted: true }),
  adopt: () => ({ records: {}, candidates: {}, isAll: true }),
  inspect: ({ records }, { version }) => records[version],
  findReplicas: () => [],
  findAlias: ({ alias }) => alias.target ?? "",
  probe: () => ({}),
  findPending: () => undefined,
  readTags: () => false,
  findUnrecorded: () => [],
  findAbandoned: () => ({}),
  createKey: (_known, { version }) => ({
    keyId: `new-${version}`,
    keyArn: `new-${version}`,
    state: "PendingImport",
  }),
  replicate: () => ({ state: "PendingImport", isMade: true }),
  claim: () => undefined,
  cancelDeletion: () => "Disabled",
  import: (_known, _step, wanted) => ({ ...importedAs(wanted), state: "Enabled" }),
  join({ records }, { version }, { primaries }) {
    const shared = records[versionsOf(records)[0]!]!;
    return { ...shared, importedAt: IMPORTED_AT, keyMaterialId: primaries[version]!.keyMaterialId };
  },
  importNew: (_known, { version }, wanted) => ({ version, imported: importedAs(wanted), regions: [] }),
  rotate: () => undefined,
  enable: () => undefined,
  disable: () => undefined,
  syncMetadata: () => ({}),
  forget: () => undefined,
  createAlias: () => true,
  moveAlias: () => true,
  takeNextName: () => undefined,
  deleteAlias: () => undefined,
  scheduleDeletion: () => undefined,
  leave: () => undefined,
  refuse: () => {
    throw new Error("a refusal has no outcome");
  },
};

/** The material lasts as long as is wanted, so that no second import is planned. */
function importedAs({ expiry, now }: Wanted) {
  return { importedAt: IMPORTED_AT, validTo: validToOf(expiry, new Date(now))?.toISOString() };
}
