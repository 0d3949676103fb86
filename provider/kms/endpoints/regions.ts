/**
 * Regions are recognized by the form of their names. So a preview can check one without loading the AWS SDK, and a Region that AWS opens
 * after this release is accepted. A test compares the form and the partitions with the AWS SDK's partition data.
 */
const DIRECTIONS = "north south east west central northeast northwest southeast southwest".split(" ");

/** The part before the direction: a country or continent, in some partitions with an addition. */
const AREA = "[a-z]{2}|[a-z]{2}-gov|[a-z]{2}-iso[a-z]?|eusc-[a-z]{2}";

const REGION = new RegExp(`^(?:${AREA})-(?:${DIRECTIONS.join("|")})-\\d{1,2}$`);

/** Partitions other than the commercial one ("aws"), by the prefix of their Regions. */
const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ["cn-", "aws-cn"],
  ["eusc-", "aws-eusc"],
  ["us-gov-", "aws-us-gov"],
  ["us-iso-", "aws-iso"],
  ["us-isob-", "aws-iso-b"],
  ["eu-isoe-", "aws-iso-e"],
  ["us-isof-", "aws-iso-f"],
];

/** Whether a name has the form of a Region's name. Only a call shows whether AWS has the Region. */
export function isRegion(name: string): boolean {
  return REGION.test(name);
}

/** The partition ("aws", "aws-cn", "aws-us-gov", …) that a Region is in, as its ARNs name it. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

/** The Region that was probably meant ("us-wset-1": "us-west-1", "us-east-1a": "us-east-1"), or undefined where no name is similar. */
export function suggestRegion(name: string): string | undefined {
  const typed = name.trim().toLowerCase().replaceAll(/[_ ]/g, "-");
  const [, area, word, number] = new RegExp(`^(${AREA})-?([a-z]+)-?(\\d+)[a-z]?$`).exec(typed) ?? [];
  if (area === undefined || word === undefined) return undefined;
  const [nearest] = DIRECTIONS.map((direction) => ({ direction, distance: editDistance(word, direction) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return nearest && `${area}-${nearest.direction}-${number}`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const cost: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => cost[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    cost[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      cost[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, substitution, swap));
    }
  }
  return at(a.length, b.length);
}
