import type { KeyRecord } from "../keys/record.js";
import type { Call } from "../operations/call.js";

/** What a permission is asked for, as far as condition keys and grant constraints show it. */
export interface Facts {
  readonly call: Call;
  /** The permission's name, which is not always the operation's: `ReEncryptFrom`. */
  readonly action: string;
  /** The key whose use is authorized; absent where the permission is about none. */
  readonly key?: KeyRecord;
  /** Name of the alias by which the request names the key. */
  readonly requestAlias?: string;
  /** Of ReEncrypt: whether both keys are the same. */
  readonly onSameKey?: boolean;
}

/** Of a condition key: one value, several, or none. */
export type Value = string | readonly string[] | undefined;

/** A member of the input, in these operations only; `usual` where the request leaves it out. */
export function ofOperation(
  { call }: Facts,
  operations: readonly string[],
  member: string,
  usual?: string,
): Value {
  if (!operations.includes(call.operation)) return undefined;
  const value = call.input[member];
  if (value === undefined) return usual;
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.map(String) : String(value);
}

export const emptyIsNone = (values: readonly string[]): Value => (values.length === 0 ? undefined : values);

interface Tag {
  TagKey: string;
  TagValue: string;
}

/** The tags that a request brings. */
export const tagsOf = ({ input }: Call) => input.Tags as readonly Tag[] | undefined;

/** Where an action's encryption context is in the input. Of CreateGrant it is the one that the grant will require. */
export function encryptionContext({ call: { input }, action }: Facts): Readonly<Record<string, string>> {
  const context =
    action === "ReEncryptFrom"
      ? input.SourceEncryptionContext
      : action === "ReEncryptTo"
        ? input.DestinationEncryptionContext
        : action === "CreateGrant"
          ? grantContext(input.Constraints)
          : input.EncryptionContext;
  return (context ?? {}) as Record<string, string>;
}

interface Constraints {
  EncryptionContextEquals?: Record<string, string>;
  EncryptionContextSubset?: Record<string, string>;
}

function grantContext(constraints: unknown) {
  const { EncryptionContextEquals, EncryptionContextSubset } = (constraints ?? {}) as Constraints;
  return { ...EncryptionContextSubset, ...EncryptionContextEquals };
}
