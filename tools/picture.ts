/** docs/picture-light.svg and docs/picture-dark.svg: program, provider, AWS in two Regions, where the material is. `tsx tools/picture.ts` writes them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./toolchain";

interface Colours {
  ink: string;
  faint: string;
  fill: string;
  line: string;
  key: string;
}

/** Those of GitHub's pages, on which the picture has no background of its own. */
const THEMES: Record<string, Colours> = {
  light: { ink: "#1f2328", faint: "#59636e", fill: "#f6f8fa", line: "#818b98", key: "#9a6700" },
  dark: { ink: "#f0f6fc", faint: "#9198a1", fill: "#151b23", line: "#656c76", key: "#d29922" },
};

const [WIDTH, HEIGHT] = [900, 392];
const ALT =
  "On your machine or in CI: the Pulumi program declares a key, the provider makes it, a keystore keeps the original of its material. " +
  "In AWS KMS, in each of two Regions: a copy of the material in one KMS key for each version, and an alias for the latest. Applications use the alias.";

/** Both pictures: their texts by their paths from the root of the checkout. */
export function pictures(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(THEMES).map(([name, colours]) => [`docs/picture-${name}.svg`, svg(colours)]),
  );
}

function svg({ ink, faint, fill, line, key }: Colours): string {
  const style = [
    `text { font: 14px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: ${ink} }`,
    `.small { font-size: 12px; fill: ${faint} }`,
    ".title { font-weight: 600 }",
    `rect { fill: ${fill}; stroke: ${line} }`,
    ".place { fill: none; stroke-dasharray: 5 4 }",
    `.arrow { fill: none; stroke: ${line}; stroke-width: 1.5; marker-end: url(#head) }`,
    `.key { fill: none; stroke: ${key}; stroke-width: 2.2 }`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${ALT}</title>`,
    `<style>${style.join("\n")}</style>`,
    `<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8Z" fill="${line}"/></marker>`,
    ...owner(),
    ...region("us-west-1", 10),
    ...region("eu-west-1", 186),
    ...applications(),
    keyAt(24, 376),
    text(54, 380, "the key's material: you keep the original, and each Region has a copy", "small"),
    "</svg>\n",
  ].join("\n");
}

/** The left column. */
function owner(): string[] {
  return [
    place(10, 10, 250, 340, "Your machine, or CI"),
    box(26, 48, 218, 64, "Pulumi program", "declares keys, Regions, rotations"),
    arrow(135, 112, 135, 144),
    box(26, 146, 218, 64, "Provider", "makes, imports, rotates, checks"),
    arrow(135, 210, 135, 250),
    box(26, 252, 218, 82, "Keystore", "every version: in the stack's", "state, or in your HSM"),
    keyAt(212, 272),
    arrow(244, 168, 408, 92),
    arrow(244, 188, 408, 268),
    ...["encrypted under", "a one-time key", "of AWS KMS"].map((each, at) =>
      text(282, 164 + 17 * at, each, "small"),
    ),
  ];
}

/** A Region of AWS, its upper edge at `y`. */
function region(name: string, y: number): string[] {
  return [
    place(394, y, 330, 164, `AWS KMS in ${name}`),
    box(410, y + 36, 150, 54, "Version 2", "KMS key, Enabled"),
    keyAt(528, y + 56),
    box(410, y + 100, 150, 54, "Version 1", "KMS key, decrypts"),
    keyAt(528, y + 120),
    box(608, y + 42, 102, 42, "alias/orders"),
    arrow(608, y + 63, 562, y + 63),
  ];
}

/** The right column. */
function applications(): string[] {
  return [
    box(776, 130, 116, 100, "Applications", "an AWS SDK,", "no Pulumi,", "no material"),
    arrow(834, 130, 712, 73),
    arrow(834, 230, 712, 249),
  ];
}

function place(x: number, y: number, width: number, height: number, title: string): string {
  return `<rect class="place" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>${text(x + 16, y + 24, title, "title")}`;
}

function box(x: number, y: number, width: number, height: number, name: string, ...lines: string[]): string {
  const rect = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`;
  const below = lines.map((line, at) => text(x + 12, y + 44 + 17 * at, line, "small"));
  return [rect, text(x + 12, y + 25, name), ...below].join("");
}

function text(x: number, y: number, content: string, kind?: "small" | "title"): string {
  return `<text x="${x}" y="${y}"${kind ? ` class="${kind}"` : ""}>${content}</text>`;
}

function arrow(x1: number, y1: number, x2: number, y2: number): string {
  return `<path class="arrow" d="M${x1} ${y1}L${x2} ${y2}"/>`;
}

/** A key, its ring around this point. */
function keyAt(x: number, y: number): string {
  return `<path class="key" d="M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0M${x + 5} ${y}h15v5M${x + 14} ${y}v4"/>`;
}

if (require.main === module)
  for (const [path, content] of Object.entries(pictures())) writeFileSync(join(checkout, path), content);
