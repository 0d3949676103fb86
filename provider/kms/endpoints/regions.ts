/**
 * A name in a state is recognized as a Region's by its form. A name that the program or the command line adds must be that of a Region that
 * AWS has, because a wrong one in `replicaRegions` stays for the life of the key. A preview checks both without loading the AWS SDK. A test
 * compares the form, the list and the partitions with the AWS SDK's partition data.
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

/** Whether a name has the form of a Region's name. */
export function isRegion(name: string): boolean {
  return REGION.test(name);
}

/** The partition ("aws", "aws-cn", "aws-us-gov", …) that a Region is in, as its ARNs name it. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

/** The Regions that the AWS SDK lists at the time of this release. */
const LISTED =
  "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1 eusc-de-east-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-east-1 us-isof-south-1 us-gov-east-1 us-gov-west-1".split(
    " ",
  );

/** Names Regions that AWS has opened after this release, separated by commas. */
const OPENED_SINCE = "KEYMGMT_REGIONS";

/** Whether AWS has this Region, as far as this release and the environment know. */
export function isKnownRegion(name: string): boolean {
  return (
    LISTED.includes(name) || (isRegion(name) && (process.env[OPENED_SINCE] ?? "").split(",").includes(name))
  );
}

/** Why a name is refused, in words that follow "Expected … to be an AWS Region such as …". */
export function notKnown(name: string): string {
  const suggestion = suggestRegion(name);
  const meant = suggestion === undefined ? undefined : `did you mean "${suggestion}"?`;
  if (!isRegion(name)) return `; ${meant ?? "what came is none."}`;
  return `, got "${name}", which this release does not know${meant === undefined ? "." : `; ${meant}`} If AWS has opened it since, set ${OPENED_SINCE}=${name} in the environment.`;
}

/**
 * The Region that was probably meant ("us-wset-1": "us-west-1", "us-east-1a": "us-east-1"), or undefined where no name is similar. It is on the
 * same continent where the name has one.
 */
export function suggestRegion(name: string): string | undefined {
  const typed = name.trim().toLowerCase().replaceAll(/[_ ]/g, "-");
  const continent = (region: string) => region.split("-")[0];
  const near = LISTED.filter((region) => continent(region) === continent(typed));
  const [nearest] = (near.length > 0 ? near : LISTED)
    .map((region) => ({ region, distance: editDistance(typed, region) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.region;
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
