/** The rules for the inputs `material` and `keystore` together. */
import { hasUnknown, known } from "../schema/unknowns";
import { shownReference } from "../secrecy/shownReference";
import { isHsmUri, parseHsmObject } from "./keystores/hsm/uri";
import { type Keystore, parseKeystore } from "./keystores/keystore";
import { findKeyType, type KeyType } from "./keyTypes";
import { isReference, namesEachVersion, referenceMistakes, referenceTo } from "./reference";
import { materialChanged } from "./rotation";

/** The inputs before they are checked: of any type, and any may be unknown. */
interface Inputs {
  type?: unknown;
  material?: unknown;
  materialPassphrase?: unknown;
  keystore?: unknown;
  rotationPeriod?: unknown;
  keyVersion?: unknown;
}

export function materialMistakes(olds: Inputs | undefined, inputs: Inputs): string[] {
  const { keystore, mistakes } = keystoreOf(inputs.keystore);
  const own = known(inputs.material);
  mistakes.push(...passphraseMistakes(inputs));
  if (typeof own === "string") {
    // Material that an earlier release accepted is accepted while it stays the same: refusing it would stop the whole stack.
    // A passphrase is read only where the key is made, so what it opens is judged there.
    if (olds?.material !== own && (isReference(own) || inputs.materialPassphrase === undefined))
      mistakes.push(...valueMistakes(findKeyType(inputs.type), own));
    mistakes.push(...versionMistakes(olds, inputs, own));
  }
  if (!keystore) return mistakes;
  if (isHsmUri(olds?.keystore) && keystore.kind !== "pkcs11")
    mistakes.push(
      `Expected \`keystore\` to stay an HSM (pkcs11:), got "${shownReference(String(inputs.keystore))}": an HSM gives its keys only to AWS KMS, wrapped. Keep it, or declare a new ManagedKey with the other keystore.`,
    );
  if (hasUnknown([inputs.material])) return mistakes;
  if (isHsmUri(own) && keystore.kind !== "pkcs11")
    mistakes.push(
      `Expected \`keystore\` to be the HSM that holds \`material\` (pkcs11:token=NAME?…), got "${shownReference(String(inputs.keystore))}".`,
    );
  else if (keystore.kind === "none") mistakes.push(...notHeldMistakes(olds, own));
  else if (keystore.kind !== "state" && typeof own === "string" && !isReference(own))
    mistakes.push(
      `Expected \`material\` to be a reference (env://NAME, file:///path or exec:command) with \`keystore\` "${shownReference(String(inputs.keystore))}"; what came is the material itself, and Pulumi keeps inputs in the state, where the stack's passphrase opens them.`,
    );
  return mistakes;
}

function passphraseMistakes({ material, materialPassphrase }: Inputs): string[] {
  const reference = known(materialPassphrase);
  if (reference === undefined) return [];
  if (material === undefined)
    return ["Expected `materialPassphrase` together with `material`, which it opens; got it alone."];
  return typeof reference === "string" ? referenceMistakes(reference, "`materialPassphrase`") : [];
}

function keystoreOf(value: unknown): { keystore?: Keystore; mistakes: string[] } {
  const url = known(value);
  if (typeof url !== "string") return { mistakes: [] };
  const keystore = parseKeystore(url);
  return "mistake" in keystore ? { mistakes: [keystore.mistake] } : { keystore, mistakes: [] };
}

function valueMistakes(type: KeyType | undefined, own: string): string[] {
  if (isHsmUri(own)) {
    const object = parseHsmObject(referenceTo(1, own));
    return "mistake" in object ? [object.mistake] : [];
  }
  if (isReference(own)) return referenceMistakes(own, "`material`");
  if (!type) return []; // it is not known yet, or refused by itself
  const parsed = type.material.parse(own);
  if ("mistake" in parsed) return [parsed.mistake];
  parsed.material.fill(0);
  return [];
}

/** A new version needs new material. */
function versionMistakes(olds: Inputs | undefined, inputs: Inputs, own: string): string[] {
  if (namesEachVersion(own)) return [];
  if (known(inputs.rotationPeriod) !== undefined)
    return [
      "Expected `rotationPeriod` or `material`, got both: with own material a new version comes when you change `material`, unless it is a reference that holds `{version}`.",
    ];
  const rotatesByTrigger =
    olds !== undefined &&
    typeof inputs.keyVersion === "number" &&
    inputs.keyVersion !== olds.keyVersion &&
    !materialChanged(findKeyType(inputs.type), olds.material, own);
  return rotatesByTrigger
    ? [
        "Expected `material` to change together with `rotationTrigger`: a new version needs new material. Change `material`, or remove it to let the provider generate it.",
      ]
    : [];
}

/** With `keystore` "none", every version must be readable from a reference. */
function notHeldMistakes(olds: Inputs | undefined, own: unknown): string[] {
  if (!isReference(own))
    return [
      'Expected `material` to be a reference (env://NAME, file:///path or exec:command) with `keystore` "none": the material is read from there whenever it is imported.',
    ];
  return olds && olds.keystore !== "none" && !namesEachVersion(own)
    ? [
        `Expected \`material\` to hold \`{version}\` where \`keystore\` becomes "none": versions 1 to ${olds.keyVersion} are to be found there, such as env://ORDERS_{version}.`,
      ]
    : [];
}
