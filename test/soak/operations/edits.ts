import { type Declared, START } from "../program";
import type { Edit } from "./operations";

/**
 * The program as it stands, and as it is right. A rotation and a rename with all that Pulumi needs are what the person wanted;
 * everything else is the mistake, which is taken back in the end.
 */
export interface Programs {
  now: Declared;
  right: Declared;
}

/** `number` makes a name that nothing in the sequence has had. */
export function edited({ now, right }: Programs, edit: Edit, number: number): Programs {
  switch (edit.edit) {
    case "rotate": {
      const trigger = right.trigger + 1;
      return { now: { ...now, trigger }, right: { ...right, trigger } };
    }
    case "raise":
      return { right, now: { ...now, minEnabledVersion: now.trigger } };
    case "lower":
      return { right, now: { ...now, minEnabledVersion: 1 } };
    case "remove distribution":
      return { right, now: { ...now, distributed: false } };
    case "remove replicas":
      return { right, now: { ...now, replicated: false } };
    case "put back":
      return { right, now: { ...now, distributed: true, replicated: true } };
    case "rename distribution":
      return renamed({ now, right }, "distribution", `orders-live-${number}`, edit.aliases);
    case "rename component":
      return renamed({ now, right }, "component", `vault-${number}`, edit.aliases);
    case "rename key": {
      const keyName = edit.name ? START.key.name : undefined;
      // With `aliases` alone the key gets another name of its own too, which is refused.
      const { now: after, right: wanted } = renamed(
        { now, right },
        "key",
        `payments-${number}`,
        edit.aliases && edit.name,
      );
      if (edit.aliases && edit.name) return { now: { ...after, keyName }, right: { ...wanted, keyName } };
      const key = edit.aliases ? { ...after.key, aliases: namesOf(right.key) } : after.key;
      return { right, now: { ...after, key, keyName } };
    }
  }
}

type Renamed = "component" | "key" | "distribution";

function renamed({ now, right }: Programs, what: Renamed, name: string, aliases: boolean): Programs {
  if (!aliases) return { right, now: { ...now, [what]: { name, aliases: [] } } };
  const wanted = { name, aliases: namesOf(right[what]) };
  return { now: { ...now, [what]: wanted }, right: { ...right, [what]: wanted } };
}

const namesOf = ({ name, aliases }: { name: string; aliases: string[] }) => [name, ...aliases];
