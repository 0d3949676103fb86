/** One text for all worlds that differ only in what names they were given: ids, claims, times, the order of listings. */
import { createHash } from "node:crypto";
import { START } from "./clock";
import { DAY } from "./publication";
import type { World } from "./world";

/** What is named in the order of its first appearance, so that it does not matter how many there were before. */
const GIVEN = /(mrk-)?\bk\d+\b|\bv1:[\w-]{22}:[\w-]{22}/g;
const TIMES = /\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?|"iat\\*":\d+/g;
/** Only whether a wait is over matters. */
const PUBLISHED = /"publishedAt":"([^"]+)"/g;

const known = new WeakMap<World, string>();

/** Without what is left to happen. */
export function canonical(world: World): string {
  const text = known.get(world) ?? textOf(world);
  known.set(world, text);
  return text;
}

function textOf({ aws, sides, owners, used, isDisturbed, isLater, published }: World): string {
  const state = sides.map(({ program, states, isBegun }) => [program, isBegun, sorted(states)]);
  const regions = Object.entries(aws.regions).map(([name, { keys, aliases }]) => [
    name,
    Object.values(keys).map((key) => [key, owners[`${name}/${key.id}`]]),
    Object.entries(sorted(aliases)).map(([alias, id]) => [alias, id, owners[`${name}/${alias}`]]),
  ]);
  const { days, recorded, signing } = published;
  const today = START + days * DAY;
  const over = Object.keys(recorded).filter((id) => recorded[id]! < days);
  const text = JSON.stringify([state, regions, used, isDisturbed, isLater, over, signing])
    .replaceAll(PUBLISHED, (_, moment) => `"published":${Date.parse(moment) < today}`)
    .replaceAll(TIMES, "T");
  const names = new Map<string, string>();
  const named = text.replaceAll(GIVEN, (id) => {
    const name = names.get(id) ?? `#${names.size}`;
    names.set(id, name);
    return name;
  });
  return createHash("sha1").update(named).digest("base64");
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
