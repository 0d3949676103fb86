/**
 * AWS's Regions by partition, as the AWS SDK's own partition data lists them (a test holds the two equal).
 * Held here so that a preview can check a Region without loading the SDK.
 */
const REGIONS_BY_PARTITION: Record<string, readonly string[]> = {
  aws: [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "me-west-1",
    "mx-central-1",
    "sa-east-1",
    "sa-west-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
  ],
  "aws-cn": ["cn-north-1", "cn-northwest-1"],
  "aws-eusc": ["eusc-de-east-1"],
  "aws-iso": ["us-iso-east-1", "us-iso-west-1"],
  "aws-iso-b": ["us-isob-east-1", "us-isob-west-1"],
  "aws-iso-e": ["eu-isoe-west-1"],
  "aws-iso-f": ["us-isof-east-1", "us-isof-south-1"],
  "aws-us-gov": ["us-gov-east-1", "us-gov-west-1"],
};

/** Every Region that is known. */
export const REGIONS: readonly string[] = Object.values(REGIONS_BY_PARTITION).flat();

/** Whether AWS has a Region of this name. */
export function isRegion(name: string): boolean {
  return REGIONS.includes(name);
}

/**
 * The partition ("aws", "aws-cn", "aws-us-gov", …) that a Region is in, as its ARNs name it. A Region that is not
 * known is taken for one of the commercial partition.
 */
export function partitionOf(region: string): string {
  const found = Object.entries(REGIONS_BY_PARTITION).find(([, regions]) => regions.includes(region));
  return found?.[0] ?? "aws";
}

/** The Region that was probably meant ("us-wset-1": "us-west-1"), or undefined where none is near. */
export function suggestRegion(name: string): string | undefined {
  const typed = name.trim().toLowerCase().replaceAll(/[_ ]/g, "-");
  let best: { region: string; distance: number } | undefined;
  for (const region of REGIONS) {
    const distance = editDistance(typed, region);
    if (distance <= 2 && (best === undefined || distance < best.distance)) best = { region, distance };
  }
  return best?.region;
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
