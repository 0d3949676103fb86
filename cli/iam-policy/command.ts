import { findKeyType, KEY_TYPES } from "../../provider/keys/keyTypes.js";
import { isAliasName, parseKmsArn } from "../../provider/kms/arn.js";
import { visible } from "../../provider/secrecy/visible.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { printJson, printNote } from "../print.js";
import { loadStatesIfAny, type StateOptions } from "../state/load.js";
import type { RegionState, StackState } from "../state/stack.js";
import { wrapped } from "../text.js";
import { type FeatureOptions, featuresOf } from "./features.js";
import { notesFor, policyFor, type Scope } from "./policy.js";
import { renameNotes } from "./rename.js";

export interface IamPolicyOptions extends StateOptions, FeatureOptions {
  accountId?: string;
  region?: string[];
  replicaRegion?: string[];
  multiRegion?: boolean;
  keyType?: string[];
  aliasPrefix?: string[];
  alias?: string[];
  forStack?: string[];
  formerStack?: string[];
  adoptKey?: string[];
  rootKey?: string[];
  minWindow?: number;
  only?: boolean;
}

/** `keymgmt iam-policy`: prints the policy to stdout and notes about it to stderr. Returns the exit code. */
export async function iamPolicy(options: IamPolicyOptions): Promise<number> {
  const isNeeded = options.accountId === undefined || options.region === undefined;
  const states = await loadStatesIfAny(options, isNeeded);
  const scope = scopeOf(options, states);
  const policy = policyFor(scope);
  printJson(policy);
  const updates = scope.features.includes("everyKey");
  const notes = [...notesFor(scope, policy), ...(updates ? renameNotes(scope, states) : [])];
  for (const note of notes) printNote(wrapped(visible(note), "note: "));
  return EXIT.fine;
}

/** The scope from the states. Flags override it. */
export function scopeOf(options: IamPolicyOptions, states: StackState[]): Scope {
  const held = states.flatMap(({ regions }) => regions);
  const versions = held.flatMap((region) => region.versions);
  const kinds = new Set(versions.map(({ keyId }) => keyId.startsWith("mrk-")));
  const accounts = [...new Set(versions.map(({ keyArn }) => parseKmsArn(keyArn).accountId))];
  const accountId = options.accountId ?? (accounts.length === 1 ? accounts[0] : undefined);
  if (accountId === undefined)
    throw new UsageError(
      accounts.length > 1
        ? `Expected --account-id: the states hold keys in ${accounts.join(", ")}. A policy belongs to one account.`
        : "Expected --account-id, the account that holds the KMS keys (12 digits), or --state.",
    );
  const stateRegions = held.filter(({ primary }) => primary).map(({ region }) => region);
  const providers = states.flatMap((state) => state.providers.map(({ keyCollection }) => keyCollection));
  const primaryRegions = sorted([...(options.region ?? []), ...providers, ...stateRegions]);
  if (primaryRegions.length === 0) throw new UsageError("Expected at least one --region, or --state.");
  const asked = options.multiRegion || (options.replicaRegion?.length ?? 0) > 0;
  const multiRegion =
    asked || kinds.size === 0 ? Boolean(asked) : kinds.size === 2 ? undefined : kinds.has(true);
  const only = options.only ?? false;
  const features = featuresOf(options, multiRegion !== false, only);
  if (features.length === 0)
    throw new UsageError("Expected --only together with a feature, such as --status.");
  return {
    accountId,
    primaryRegions,
    replicaRegions: multiRegion === false ? [] : replicaRegionsOf(options, held, primaryRegions),
    multiRegion: only && !asked ? undefined : multiRegion,
    ...keyTypesOf(options.keyType ?? held.map(({ owner }) => owner.key.type)),
    aliases: sorted([
      ...(options.aliasPrefix?.map((prefix) => `${prefix}/*`) ?? aliasesOf(states)),
      ...(options.alias ?? extraAliasesOf(held)).map((name) => name.slice("alias/".length)),
    ]),
    stacks: options.forStack ?? sorted(states.flatMap(({ names }) => names)),
    formerStacks: sorted(options.formerStack ?? []),
    adoptedArns: sorted([
      ...(options.adoptKey ?? []),
      ...versions.filter(({ adopted }) => adopted).map(({ keyArn }) => keyArn),
    ]),
    rootKeyArns: sorted(options.rootKey ?? []),
    minWindowDays: options.minWindow,
    features,
  };
}

function keyTypesOf(names: string[]): Pick<Scope, "keyTypes"> {
  const keyTypes = sorted(names).map((name) => {
    const type = findKeyType(name);
    if (type && type.cannot.import === undefined) return type;
    const known = KEY_TYPES.filter(({ cannot }) => !cannot.import).map((each) => each.name);
    throw new UsageError(`Expected --key-type to be one of ${known.join(", ")}, got "${name}".`);
  });
  return keyTypes.length > 0 ? { keyTypes } : {};
}

/** Where neither flags nor states name replica Regions, replicas may be created in any of the primary Regions. */
function replicaRegionsOf(
  options: IamPolicyOptions,
  held: RegionState[],
  primaryRegions: string[],
): string[] {
  const stateRegions = held.filter(({ primary }) => !primary).map(({ region }) => region);
  const replicaRegions = options.replicaRegion ?? stateRegions;
  return replicaRegions.length > 0 ? sorted(replicaRegions) : primaryRegions;
}

/** An alias is `alias/<prefix>/<distribution>`, and the prefix may hold slashes. An adopted alias keeps its name. */
function aliasesOf(states: StackState[]): string[] {
  const names = states.flatMap(({ regions }) =>
    regions.map(({ outputs: { aliasName }, owner: { distribution } }) => {
      const name = aliasName.slice("alias/".length);
      return name.endsWith(`/${distribution}`) ? `${name.slice(0, -distribution.length)}*` : name;
    }),
  );
  return names.length > 0 ? names : ["hashicorp/*"];
}

/** A state may have been written by anybody, and a `*` in a policy stands for many aliases. */
function extraAliasesOf(held: RegionState[]): string[] {
  return held.flatMap(({ outputs }) => Object.keys(outputs.extraAliasTargets ?? {}).filter(isAliasName));
}

const sorted = (values: string[]) => [...new Set(values)].sort();
