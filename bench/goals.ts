import { markdown } from "./document";
import type { Cost } from "./measure";

/** What is compared, and the most that it may be: as a ratio to the baseline of two resources a key, and to Terraform. */
export const GOALS: { what: string; of: keyof Cost; baseline: number; terraform?: number }[] = [
  { what: "`up`", of: "up", baseline: 1.25, terraform: 0.25 },
  { what: "`up`, nothing to do", of: "again", baseline: 1.3, terraform: 0.7 },
  { what: "`preview`", of: "preview", baseline: 1.3 },
  { what: "largest process", of: "memory", baseline: 1.25, terraform: 0.45 },
  { what: "state a key", of: "state", baseline: 2.2 },
];

/** By how much a small run may miss a goal, since so few keys say little: a quarter. */
export const LENIENCE = 1.25;

export interface Compared {
  ours: Cost;
  /** Two resources a key. */
  baseline: Cost;
  /** Three. */
  three: Cost;
  /** Two that have in the state what pulumi-keymgmt has. */
  alike: Cost;
  terraform?: Cost;
}

/** The goals that a run misses by more than `lenience`, as sentences. */
export function missed({ ours, baseline, terraform }: Compared, lenience = 1): string[] {
  return GOALS.flatMap((goal) => {
    const against = [
      { name: "the baseline", most: goal.baseline * lenience, value: ratio(ours, baseline, goal.of) },
      {
        name: "Terraform",
        most: (goal.terraform ?? Infinity) * lenience,
        value: ratio(ours, terraform, goal.of),
      },
    ];
    return against
      .filter(({ most, value }) => value !== undefined && value > most)
      .map(
        ({ name, most, value }) =>
          `${goal.what}: expected at most ${most.toFixed(2)} of ${name}, measured ${value!.toFixed(2)}`,
      );
  });
}

/** The table of docs/performance.md, in Markdown. */
export function table({ ours, baseline, three, alike, terraform }: Compared): string {
  const rows = GOALS.map(({ what, of, baseline: most, terraform: mostOfTerraform }) => [
    what,
    shown(of, ours),
    shown(of, baseline),
    `**${times(ratio(ours, baseline, of))}** (≤ ${most})`,
    shown(of, alike),
    times(ratio(ours, alike, of)),
    shown(of, three),
    times(ratio(three, baseline, of)),
    ...(terraform
      ? [
          shown(of, terraform),
          `${times(ratio(ours, terraform, of))}${mostOfTerraform ? ` (≤ ${mostOfTerraform})` : ""}`,
        ]
      : []),
  ]);
  const head = [
    "",
    "pulumi-keymgmt",
    "baseline",
    "ours / baseline (goal)",
    "baseline with our state",
    "ours / that",
    "3 resources a key",
    "that / baseline",
    ...(terraform ? ["Terraform", "ours / Terraform (goal)"] : []),
  ];
  return markdown(head, rows);
}

function ratio(one: Cost, other: Cost | undefined, of: keyof Cost): number | undefined {
  const [a, b] = [one[of], other?.[of]];
  return a === undefined || b === undefined ? undefined : a / b;
}

const times = (value: number | undefined) => value?.toFixed(2) ?? "";

function shown(of: keyof Cost, cost: Cost): string {
  const value = cost[of];
  if (value === undefined) return "";
  if (of === "memory") return `${(value / 2 ** 20).toFixed(0)} MiB`;
  return of === "state" ? `${(value / 1000).toFixed(1)} kB` : `${value.toFixed(1)} s`;
}
