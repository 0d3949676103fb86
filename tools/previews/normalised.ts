/**
 * What differs from run to run, and the form that it is shown in: the same thing always as the same example. The times of
 * distributions are examples too, but for the 1700000000 of a scene's own.
 */
const FORMS: { form: RegExp; example: (nth: number, found: string) => string }[] = [
  { form: /\bmrk-[0-9a-f]{32}\b/g, example: (nth) => `mrk-${digits(nth, 32)}` },
  { form: /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, example: uuid },
  { form: /\b[0-9a-f]{64}\b/g, example: (nth) => digits(nth, 64) },
  { form: /(?<=-)(?!1700000000)1[789]\d{8}\b/g, example: (nth) => `${1_800_000_000 + nth}` },
  { form: /(?<=-|kcv *: ")[0-9a-f]{10}\b(?<!1[78]000000\d\d)/g, example: (nth) => digits(nth, 10) },
  { form: /\bv1:[\w-]{22}:[\w-]{22}/g, example: (nth) => `v1:${digits(nth, 22)}:${digits(nth, 22)}` },
  { form: /\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, example: () => "2027-01-15T08:00:00.000Z" },
];

/** A preview's text without ids and moments, its resources in the order in which they build on each other. */
export function normalised(text: string, today: string): string {
  const shown = FORMS.reduce((shape, { form, example }) => {
    const seen: string[] = [];
    return shape.replace(form, (found) => {
      if (!seen.includes(found)) seen.push(found);
      return example(seen.indexOf(found) + 1, found);
    });
  }, inOrder(text));
  return shown
    .replace(/^error: preview (?:failed|canceled)$/gm, "") // printed or not, as the engine's parts happen to end
    .replace(/^Resources:\n +\d+ unchanged\n+(?=error: )/gm, "") // as many as came before the refusal
    .replace(/^@ previewing update\.*\n/gm, "") // printed where it takes long
    .replace(/"(20\d\d-\d\d-\d\d)"/g, (_, date) => `"${dayOf(date, today)}"`)
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

function digits(nth: number, length: number): string {
  return nth.toString(16).repeat(length).slice(0, length);
}

function uuid(nth: number): string {
  return `${digits(nth, 8)}-0000-4000-8000-000000000000`;
}

/** `<today>`, `<today + 90 days>`; an older day is one that the scene has set. */
function dayOf(date: string, today: string): string {
  const days = Math.round((Date.parse(date) - Date.parse(today)) / 86_400_000);
  if (days < 0) return date;
  return days === 0 ? "<today>" : `<today + ${days} days>`;
}

const TYPES = ["KmsProvider", "ManagedKey", "KeyDistribution", "KeyReplica"];
const BLOCK = /(?:^ {4}[^\s[].*pulumi-nodejs:dynamic\/keymgmt:\w+: .*\n(?: {5,}.*\n)+)+/gm;

/** Pulumi prints resources that do not depend on each other in any order. */
function inOrder(text: string): string {
  const rank = (block: string) => TYPES.findIndex((type) => block.includes(`:${type}: `));
  return text.replace(BLOCK, (blocks) =>
    blocks
      .split(/^(?= {4}\S)/m)
      .sort((one, other) => rank(one) - rank(other))
      .join(""),
  );
}
