/** Notes for a renamed stack: its KMS keys have the former name in their tags until an update changes them. */
import { outdatedNames } from "../state/names.js";
import type { StackState } from "../state/stack.js";
import type { Scope } from "./policy.js";

/** @param scope of the policy: its stacks, and their former names */
export function renameNotes({ stacks, formerStacks = [] }: Scope, states: StackState[]): string[] {
  if (stacks.length === 0) return [];
  const bound = [...stacks, ...formerStacks];
  const before = states.flatMap((state) => {
    const outdated = outdatedNames(state);
    if (outdated.length === 0 || state.names.some((name) => !outdated.includes(name))) return [];
    const now = nameAfterUpdate(outdated[0]!, state);
    if (stacks.includes(now) && outdated.every((name) => bound.includes(name))) return [];
    const flags = [`--for-stack ${now}`, ...outdated.map((name) => `--former-stack ${name}`)].join(" ");
    return [
      `The stack is ${state.title} now, and its KMS keys are tagged for ${outdated.join(", ")}. The next update changes these tags and needs both names: ${flags}`,
    ];
  });
  if (before.length > 0) return before;
  const former = states.flatMap(({ formerNames }) => formerNames).filter((name) => !bound.includes(name));
  if (bound.length > 1 && former.length === 0) return [];
  const had = former.length === 0 ? "" : ` The state has these: ${[...new Set(former)].join(", ")}.`;
  return [
    `After a rename of the stack one update needs the former name too, because it changes the tags of the KMS keys: --former-stack NAME.${had}`,
  ];
}

/** The name that the next update writes into tags. A state's URNs do not contain the organisation, so it is assumed to be unchanged. */
function nameAfterUpdate(former: string, { title }: StackState): string {
  return [...former.split("/").slice(0, -2), title].join("/");
}
