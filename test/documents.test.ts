import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout } from "../tools/toolchain";
import { proseOf } from "./e2e/docs/page/page";

const read = (path: string) => readFileSync(path, "utf8");
const pages = ["", "docs", "examples", "local-kms/examples"]
  .flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: folder !== "", encoding: "utf8" }).map((name) =>
      join(checkout, folder, name),
    ),
  )
  .concat(join(checkout, "local-kms/README.md"))
  .filter((path) => path.endsWith(".md") && !path.includes("node_modules"));

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

const anchorsIn = (path: string) =>
  [...proseOf(read(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

/** Files and headings of this repository. */
function linksIn(page: string): [path: string, anchor?: string][] {
  const links = [...proseOf(read(page)).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  return links.map(([, path, anchor]) => [path ? join(dirname(page), path) : page, anchor]);
}

describe("the documents", () => {
  it("README.md has at most 900 words beside its code, those of tables among them", () => {
    const words = proseOf(read(join(checkout, "README.md")))
      .replaceAll(/\]\([^)]*\)/g, "]")
      .split(/\s+/)
      .filter((word) => /[\p{L}\p{N}]/u.test(word));
    assert.ok(words.length <= 900, `${words.length} words`);
  });

  it("link to files and headings that are there", () => {
    const broken = pages.flatMap((page) =>
      linksIn(page)
        .filter(([path, anchor]) => !existsSync(path) || (anchor && !anchorsIn(path).includes(anchor)))
        .map(([path, anchor = ""]) => `${page}: ${path}#${anchor}`),
    );
    assert.deepEqual(broken, []);
  });

  it("docs/README.md has a line for each page of docs/", () => {
    const index = read(join(checkout, "docs/README.md"));
    for (const name of readdirSync(join(checkout, "docs")).filter(
      (each) => each.endsWith(".md") && each !== "README.md",
    ))
      assert.ok(index.includes(`(${name})`), name);
  });

  it("README.md names no target of make that is not there", () => {
    const makefile = read(join(checkout, "Makefile"));
    for (const [, target] of read(join(checkout, "README.md")).matchAll(/\bmake ([a-z-]+)/g))
      assert.match(makefile, new RegExp(`^${target}:`, "m"));
  });
});
