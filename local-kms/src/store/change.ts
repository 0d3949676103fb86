import type { AliasRecord, GrantRecord, KeyRecord } from "../keys/record.js";

/**
 * One entity as stored. The value of `secret` is the server's own key for import tokens, base64; of `clock` how many
 * milliseconds it was moved ahead.
 */
export interface Collections {
  key: KeyRecord;
  alias: AliasRecord;
  grant: GrantRecord;
  secret: string;
  clock: number;
}

/** Puts an entity, or removes it (null). A list of changes is carried out whole or not at all. */
export type Change = {
  [C in keyof Collections]: readonly [C, id: string, value: Collections[C] | null];
}[keyof Collections];

export const keyEntity = (key: Pick<KeyRecord, "account" | "region" | "id">) =>
  `${key.account}/${key.region}/${key.id}`;
export const aliasEntity = (alias: Pick<AliasRecord, "account" | "region" | "name">) =>
  `${alias.account}/${alias.region}/${alias.name}`;
export const grantEntity = (grant: Pick<GrantRecord, "account" | "region" | "keyId" | "id">) =>
  `${grant.account}/${grant.region}/${grant.keyId}/${grant.id}`;

export const putKey = (record: KeyRecord): Change => ["key", keyEntity(record), record];
export const removeKey = (record: KeyRecord): Change => ["key", keyEntity(record), null];
export const putAlias = (record: AliasRecord): Change => ["alias", aliasEntity(record), record];
export const removeAlias = (record: AliasRecord): Change => ["alias", aliasEntity(record), null];
export const putGrant = (record: GrantRecord): Change => ["grant", grantEntity(record), record];
export const removeGrant = (record: GrantRecord): Change => ["grant", grantEntity(record), null];

/** `<account>/<Region>` of what belongs to one; undefined for what is the server's own. */
export function placeOf([collection, id]: Change): string | undefined {
  return collection === "secret" || collection === "clock" ? undefined : id.split("/", 2).join("/");
}
