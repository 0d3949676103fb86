import { KmsError } from "../../api/errors.js";
import { API } from "../../api/model.js";
import { openGrantToken } from "../../crypto/grantToken.js";
import { encryptionContext, type Facts } from "../../iam/facts.js";
import { parsePrincipal } from "../../iam/policy/principal.js";
import type { Call } from "../../operations/call.js";
import type { GrantRecord, KeyRecord } from "../record.js";

/**
 * The grants on the key by which the caller, or the caller's account, has the permission.
 * https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
export function grantsThatCover(facts: Facts & { key: KeyRecord }): GrantRecord[] {
  const { call, key, action } = facts;
  const known = new Map(
    [...call.store.grantsOf(key), ...namedByTokens(call, key)].map((grant) => [grant.id, grant]),
  );
  return [...known.values()].filter(
    (grant) =>
      grant.operations.some((operation) => operation === action) &&
      isFor(grant, call) &&
      constraintsHold(grant, facts),
  );
}

/**
 * Refuses tokens that are none; one whose grant is gone by now has no effect. Some operations (DescribeKey) have no
 * error for it: to them such a token has no effect either.
 */
export function checkGrantTokens({ kms, operation, input }: Call): void {
  if (!API.operations[operation]!.errors.includes("InvalidGrantTokenException")) return;
  for (const token of (input.GrantTokens ?? []) as readonly string[]) {
    if (!openGrantToken(kms.tokenKey, token))
      throw new KmsError("InvalidGrantTokenException", "The grant token is not valid");
  }
}

/** A grant token makes its grant count at once, however late others see it. */
function namedByTokens({ kms, input }: Call, key: KeyRecord): GrantRecord[] {
  const tokens = (input.GrantTokens ?? []) as readonly string[];
  return tokens
    .map((token) => kms.store.grant(key, openGrantToken(kms.tokenKey, token)?.id ?? ""))
    .filter((grant) => grant !== undefined);
}

function isFor({ granteePrincipal }: GrantRecord, { caller }: Call): boolean {
  if (granteePrincipal === undefined) return false;
  if (granteePrincipal === caller.arn || granteePrincipal === caller.principal.arn) return true;
  const grantee = parsePrincipal(granteePrincipal);
  return grantee?.kind === "account" && grantee.account === caller.account;
}

/** Actions that carry an encryption context: constraints on it mean nothing to the others. */
const WITH_CONTEXT = [
  "Decrypt",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateDataKeyWithoutPlaintext",
  "ReEncryptFrom",
  "ReEncryptTo",
];

/**
 * Of an encryption context in a constraint the values have case and the names have none; a SourceArn is the resource
 * on whose behalf an AWS service calls, which is never so here.
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
 */
function constraintsHold({ constraints }: GrantRecord, facts: Facts): boolean {
  if (!constraints) return true;
  if (constraints.SourceArn !== undefined) return false;
  if (!WITH_CONTEXT.includes(facts.action)) return true;
  const given = encryptionContext(facts);
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = constraints;
  return (
    (!subset || includes(given, subset)) && (!equals || (includes(given, equals) && includes(equals, given)))
  );
}

type Context = Readonly<Record<string, string>>;

function includes(all: Context, some: Context): boolean {
  const pairs = Object.entries(all).map(([name, value]) => `${name.toLowerCase()}\n${value}`);
  return Object.entries(some).every(([name, value]) => pairs.includes(`${name.toLowerCase()}\n${value}`));
}

/**
 * Whether a grant stays within the one that permits its creation: some of its operations, constraints as strict.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-creategrant
 */
export function isWithin(
  child: Pick<GrantRecord, "operations" | "constraints">,
  parent: GrantRecord,
): boolean {
  if (!child.operations.every((operation) => parent.operations.includes(operation))) return false;
  const {
    EncryptionContextEquals: equals,
    EncryptionContextSubset: subset,
    SourceArn,
  } = parent.constraints ?? {};
  const own = child.constraints ?? {};
  const required = { ...own.EncryptionContextSubset, ...own.EncryptionContextEquals };
  if (SourceArn !== undefined && own.SourceArn !== SourceArn) return false;
  if (subset && !includes(required, subset)) return false;
  const exact = own.EncryptionContextEquals;
  return !equals || (exact !== undefined && includes(exact, equals) && includes(equals, exact));
}
