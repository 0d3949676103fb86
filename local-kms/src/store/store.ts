import type { Place } from "../keys/arn.js";
import { type KeyDue, nextDue } from "../keys/due.js";
import type { AliasRecord, GrantRecord, KeyRecord } from "../keys/record.js";
import { type Change, keyEntity, putAlias, putGrant, putKey } from "./change.js";

/** Where committed changes go. */
export interface Journal {
  /** Resolves when the changes survive a SIGKILL. Where they cannot be stored, this and every other pending append is rejected. */
  append(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
  /** Called with the state that is stored, before pending appends are rejected. */
  onLoss?: (stored: Iterable<Change>) => void;
}

/**
 * All state, in memory. A commit is visible at once and acknowledged (resolved) when the journal has it; where that fails, memory
 * goes back to what is stored.
 */
export class Store {
  private readonly keys = new Map<string, Map<string, KeyRecord>>();
  private readonly aliases = new Map<string, Map<string, AliasRecord>>();
  private readonly grants = new Map<string, Map<string, GrantRecord>>();
  private readonly retirable = new Map<string, Map<string, GrantRecord>>();
  private readonly related = new Map<string, Map<string, KeyRecord>>();
  private readonly due = new Map<string, KeyDue>();
  private readonly secrets = new Map<string, string>();
  private readonly clock = new Map<string, number>();
  private watcher: ((changes: readonly Change[]) => void) | undefined;
  private pending: Promise<boolean> = STORED;

  constructor(
    initial: Iterable<Change>,
    private readonly journal: Journal,
  ) {
    this.apply(initial);
    journal.onLoss = (stored) => this.restore(stored);
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.apply(changes);
    const appended = this.journal.append(changes);
    this.pending = appended.then(
      () => true,
      () => false,
    );
    await appended;
    this.watcher?.(changes);
  }

  /** Resolves when all that is visible now is stored; false where some of it was not, and is no longer visible. */
  settled(): Promise<boolean> {
    return this.pending;
  }

  /** Without acknowledging them: for a copy, which has no journal. */
  apply(changes: Iterable<Change>): void {
    for (const change of changes) this.put(change);
  }

  /** A store of its own with what accounts hold now. Nothing can be committed to it. */
  copy(): Store {
    return new Store(this.changes(), READ_ONLY);
  }

  /** What accounts hold now, as the changes that make it. */
  changes(): Change[] {
    const keys = [...this.keys.values()].flatMap((here) => [...here.values()]).map(putKey);
    const aliases = [...this.aliases.values()].flatMap((here) => [...here.values()]).map(putAlias);
    const grants = [...this.grants.values()].flatMap((ofKey) => [...ofKey.values()]).map(putGrant);
    return [...keys, ...aliases, ...grants];
  }

  /** Told of every commit that is stored; one watcher at a time. */
  watch(watcher: ((changes: readonly Change[]) => void) | undefined): void {
    this.watcher = watcher;
  }

  key(place: Place, id: string): KeyRecord | undefined {
    return this.keys.get(scope(place))?.get(id);
  }

  keysOf(place: Place): KeyRecord[] {
    return [...(this.keys.get(scope(place))?.values() ?? [])];
  }

  countKeys(place: Place): number {
    return this.keys.get(scope(place))?.size ?? 0;
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

  grant(key: Pick<KeyRecord, "account" | "region" | "id">, id: string): GrantRecord | undefined {
    return this.grants.get(keyEntity(key))?.get(id);
  }

  grantsOf(key: Pick<KeyRecord, "account" | "region" | "id">): GrantRecord[] {
    return [...(this.grants.get(keyEntity(key))?.values() ?? [])];
  }

  /** Grants in a Region that the principal may retire, on keys of any account. */
  retirableGrants(region: string, retiringPrincipal: string): GrantRecord[] {
    return [...(this.retirable.get(`${region}/${retiringPrincipal}`)?.values() ?? [])];
  }

  /** What time alone will do to keys, in every account and Region: of each key what comes next. */
  allDue(): Iterable<KeyDue> {
    return this.due.values();
  }

  secret(name: string): string | undefined {
    return this.secrets.get(name);
  }

  /** How far the clock was moved; undefined in state that is new. */
  clockAheadMillis(): number | undefined {
    return this.clock.get("aheadMillis");
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private restore(stored: Iterable<Change>): void {
    const { keys, aliases, grants, retirable, related, due, secrets, clock } = this;
    for (const map of [keys, aliases, grants, retirable, related, due, secrets, clock]) map.clear();
    this.apply(stored);
    this.pending = STORED;
  }

  private put([collection, id, value]: Change): void {
    if (collection === "secret") set(this.secrets, id, value);
    else if (collection === "clock") set(this.clock, id, value);
    else {
      const [account, region, ...rest] = id.split("/") as [string, string, ...string[]];
      const name = rest.join("/");
      if (collection === "alias") set(inner(this.aliases, scope({ account, region })), name, value);
      else if (collection === "grant") this.applyGrant(id, value);
      else {
        set(inner(this.keys, scope({ account, region })), name, value);
        set(inner(this.related, `${account}/${name}`), region, value);
        set(this.due, id, (value && nextDue(value)) ?? null);
      }
    }
  }

  private applyGrant(id: string, grant: GrantRecord | null): void {
    const end = id.lastIndexOf("/");
    const grants = inner(this.grants, id.slice(0, end));
    const { region, retiringPrincipal } = grant ?? grants.get(id.slice(end + 1)) ?? {};
    set(grants, id.slice(end + 1), grant);
    if (retiringPrincipal) set(inner(this.retirable, `${region}/${retiringPrincipal}`), id, grant);
  }
}

const STORED = Promise.resolve(true);

const READ_ONLY: Journal = {
  append: () => Promise.reject(new Error("A copy of the store takes no commits")),
  close: async () => {},
};

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
