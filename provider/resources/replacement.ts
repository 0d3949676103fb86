/** Changes that would give a version new KMS keys. Those could not decrypt what was encrypted under the existing ones. */
import { OLD_NAME } from "../lifecycle/advice";
import { difference } from "../schema/compare";
import { isUnknown, known } from "../schema/unknowns";
import type { Values } from "./resource";

interface Allowance {
  /** Name of the key, for messages. */
  key: unknown;
  /** The state allows the key's deletion, or the program names the KMS keys to use. */
  isAllowed: boolean;
  ignore?: string[];
}

/** One sentence for each property of a distribution whose change would replace it. */
export function replacementMistakes(
  olds: Values | undefined,
  inputs: Values,
  { key, isAllowed, ignore }: Allowance,
): string[] {
  if (!olds) return [];
  const [before, now] = [known(accountOf(olds)), known(accountOf(inputs))];
  if (before !== undefined && now !== undefined && before !== now)
    return [
      `Expected a KmsProvider of AWS account ${before}, which holds the KMS keys of key "${key}", got one of account ${now}. Declare a second KeyDistribution for ${now} beside this one, and remove this one when nothing needs it.`,
    ];
  if (isAllowed) return [];
  const aliasName = olds.aliasName ?? "<its alias, which `keymgmt status` shows>";
  const { replaces } = difference("KeyDistribution", olds, inputs, ignore);
  const what = replaces.flatMap((name) => partsOf(name, olds, inputs));
  return [...new Set(what)].map((part) =>
    part === KEY
      ? `\`key\` cannot change to another ManagedKey while \`deletionAllowed\` of key "${key}" is false in the state: the distribution would get new KMS keys, and those of "${key}" would be left or deleted. Was the ManagedKey renamed? Give it its old name again, or set \`name: "${key}"\` and ${OLD_NAME} in its options. Is it no longer in the state, and its material lost? \`restore\` it from a backup; or take the KMS key in use under management as it is, without its material: \`adopt: { aliasName: "${aliasName}" }\` of the KeyDistribution. To distribute another key too, declare a second KeyDistribution. To delete the KMS keys, first run an update that declares "${key}" with \`deletionAllowed: true\`.`
      : `${part} cannot change while \`deletionAllowed\` of key "${key}" is false in the state: its versions would get new KMS keys, which cannot decrypt what was encrypted under the existing ones. Declare a second KeyDistribution through a second KmsProvider, and remove this one when nothing needs it.`,
  );
}

const KEY = "key";

/** The names of properties as users know them. */
function partsOf(name: string, olds: Values, inputs: Values): string[] {
  switch (name) {
    case "key":
      return [KEY];
    case "kms": {
      const [old, now] = [olds.kms, inputs.kms] as [Values, Values];
      return ["keyCollection", "aliasPrefix"]
        .filter((part) => !isUnknown(now[part]) && old[part] !== now[part])
        .map((part) => `\`${part}\` of the KmsProvider`);
    }
    default:
      return [`\`${name}\``];
  }
}

function accountOf(values: Values): unknown {
  return (values.kms as Values | undefined)?.accountId;
}
