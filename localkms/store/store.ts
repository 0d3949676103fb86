import type { Place } from "../keys/arn.js";
import { nextDue } from "../keys/due.js";
import type { AliasRecord, KeyRecord } from "../keys/record.js";
import type { Change } from "./change.js";

/** Where committed changes go; resolves when they survive a SIGKILL. */
export interface Journal {
  append(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

/** All state, in memory. A commit is visible at once and acknowledged (resolved) when the journal has it. */
export class Store {
  private readonly keys = new Map<string, Map<string, KeyRecord>>();
  private readonly aliases = new Map<string, Map<string, AliasRecord>>();
  private readonly related = new Map<string, Map<string, KeyRecord>>();
  private readonly due = new Map<string, KeyRecord>();
  private readonly secrets = new Map<string, string>();

  constructor(
    initial: Iterable<Change>,
    private readonly journal: Journal,
  ) {
    for (const change of initial) this.apply(change);
  }

  commit(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.apply(change);
    return this.journal.append(changes);
  }

  key(place: Place, id: string): KeyRecord | undefined {
    return this.keys.get(scope(place))?.get(id);
  }

  keysOf(place: Place): KeyRecord[] {
    return [...(this.keys.get(scope(place))?.values() ?? [])];
  }

  /** The key in every Region that has it: one for a single-Region key. */
  relatedKeys(key: Pick<KeyRecord, "account" | "id">): KeyRecord[] {
    return [...(this.related.get(`${key.account}/${key.id}`)?.values() ?? [])];
  }

  alias(place: Place, name: string): AliasRecord | undefined {
    return this.aliases.get(scope(place))?.get(name);
  }

  aliasesOf(place: Place): AliasRecord[] {
    return [...(this.aliases.get(scope(place))?.values() ?? [])];
  }

  /** Keys that time alone will do something to, in every account and Region. */
  keysWithDue(): Iterable<KeyRecord> {
    return this.due.values();
  }

  secret(name: string): string | undefined {
    return this.secrets.get(name);
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private apply([collection, id, value]: Change): void {
    if (collection === "secret") set(this.secrets, id, value);
    else {
      const [account, region, ...rest] = id.split("/") as [string, string, ...string[]];
      const name = rest.join("/");
      if (collection === "alias") set(inner(this.aliases, scope({ account, region })), name, value);
      else {
        set(inner(this.keys, scope({ account, region })), name, value);
        set(inner(this.related, `${account}/${name}`), region, value);
        set(this.due, id, value && nextDue(value) ? value : null);
      }
    }
  }
}

const scope = (place: Place) => `${place.account}/${place.region}`;

function set<V>(map: Map<string, V>, id: string, value: V | null): void {
  if (value === null) map.delete(id);
  else map.set(id, value);
}

function inner<V>(maps: Map<string, Map<string, V>>, id: string): Map<string, V> {
  const map = maps.get(id) ?? new Map<string, V>();
  maps.set(id, map);
  return map;
}
