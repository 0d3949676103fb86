/** The telling lines of `pulumi preview --diff`, which prints every property of every resource that changes. */

/** `    ~ pulumi-nodejs:dynamic/keymgmt:ManagedKey: (update) 🔒` */
const RESOURCE = /^ {4}([~+-]{1,2}) pulumi-nodejs:dynamic\/keymgmt:(\w+): \((\w+)\)/;
const NAME = /^ +\[urn=.*::([^:\]]+)\]$/;
/** A property of the resource itself, not of an object in it: `      ~ keyVersion       : 1 => 2` */
const PROPERTY = /^ {6}([~+-]| ) (\w+) *: (.*)$/;

/** A property of these that is only made, and not changed, is worth a line too. */
const TELLING = ["keyVersion", "type", "keyCollection", "wrappingKeySpec", "region", "multiRegion"];

/** Each resource that changes, and of its properties those that change; of one that is made, the telling ones. */
export function telling(preview: string): string[] {
  const lines: string[] = [];
  let change = "";
  for (const line of preview.split("\n")) {
    const resource = RESOURCE.exec(line);
    if (resource) {
      change = resource[1]!;
      lines.push(`${change} ${resource[2]}`);
      continue;
    }
    if (/^ {0,4}\S/.test(line)) change = "";
    const name = NAME.exec(line);
    if (change && name) lines[lines.length - 1] += ` ${name[1]}`;
    const property = PROPERTY.exec(line);
    if (!change || !property) continue;
    const [, mark = " ", key = "", value = ""] = property;
    const shown = mark === " " ? change === "+" && TELLING.includes(key) : !/[[{]$/.test(value);
    if (shown) lines.push(`    ${mark} ${key}: ${value}`);
  }
  return [...lines, ...summary(preview)];
}

function summary(preview: string): string[] {
  const at = preview.lastIndexOf("Resources:");
  return at < 0
    ? []
    : preview
        .slice(at)
        .split("\n")
        .slice(1)
        .filter((line) => /^ +\S/.test(line))
        .map((line) => line.trim());
}
