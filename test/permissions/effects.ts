import assert from "node:assert/strict";

/** What a step did without a permission, or what was lost by that. */
export interface Effect {
  kind: "error" | "warning" | "lost";
  step: string;
  text: string;
}

/** What happened, for people: `error at create, rotate; warning at refresh; lost: …`. */
function summary(effects: Effect[]): string {
  const of = (kind: Effect["kind"]) => effects.filter((effect) => effect.kind === kind);
  const distinct = (values: string[]) => [...new Set(values)].join(", ");
  return [
    distinct(of("error").map(({ step }) => step)).replace(/^(?=.)/, "error at "),
    distinct(of("warning").map(({ step }) => step)).replace(/^(?=.)/, "warning at "),
    distinct(of("lost").map(({ text }) => text)).replace(/^(?=.)/, "lost: "),
  ]
    .filter(Boolean)
    .join("; ");
}

/** What a life without a permission came to, as its `without` says it. Each error must name the permission. */
export function cameOf(effects: Effect[], action: string): string {
  for (const { kind, text } of effects) if (kind === "error") assert.ok(text.includes(action), text);
  return summary(effects.filter(({ kind, text }) => kind !== "warning" || text.includes(`${action} `)));
}

/** A matrix for people: a line for each permission. */
export function printed(title: string, rows: Map<string, string>): string {
  const width = Math.max(...[...rows.keys()].map((action) => action.length));
  return [
    `${title}: without`,
    ...[...rows].map(([action, what]) => `  ${action.padEnd(width)}  ${what}`),
  ].join("\n");
}
