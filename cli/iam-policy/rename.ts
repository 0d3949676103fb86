/** What a renamed stack needs: an update tags its KMS keys anew, which are bound to the former name until then. */
import { outdatedNames } from "../state/names.js";
import type { StackState } from "../state/stack.js";
import type { Scope } from "./policy.js";

/** @param scope of the policy: the stacks that it is bound to, and their former names */
export function renameNotes({ stacks, formerStacks = [] }: Scope, states: StackState[]): string[] {
  if (stacks.length === 0) return [];
  const bound = [...stacks, ...formerStacks];
  const before = states.flatMap((state) => {
    const outdated = outdatedNames(state);
    if (outdated.length === 0 || state.names.some((name) => !outdated.includes(name))) return [];
    const now = nowCalled(outdated[0]!, state);
    if (stacks.includes(now) && outdated.every((name) => bound.includes(name))) return [];
    const flags = [`--for-stack ${now}`, ...outdated.map((name) => `--former-stack ${name}`)].join(" ");
    return [
      `The stack is ${state.title} now, and its KMS keys are tagged for ${outdated.join(", ")}. The next update tags them anew and needs both names: ${flags}`,
    ];
  });
  if (before.length > 0) return before;
  const former = states.flatMap(({ formerNames }) => formerNames).filter((name) => !bound.includes(name));
  if (bound.length > 1 && former.length === 0) return [];
  const had = former.length === 0 ? "" : ` The state has these: ${[...new Set(former)].join(", ")}.`;
  return [
    `After a rename of the stack one update needs the former name too, as it tags the KMS keys anew: --former-stack NAME.${had}`,
  ];
}

/** The name that the next update gives. A state's URNs do not say the organisation: it is taken to be as before. */
function nowCalled(former: string, { title }: StackState): string {
  return [...former.split("/").slice(0, -2), title].join("/");
}
