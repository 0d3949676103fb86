import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dependencies, devDependencies } from "../package.json";

const root = join(__dirname, "..");
const npm = (...args: string[]) => JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" }));

describe("what is published", function () {
  this.timeout(60_000);

  it("holds the compiled package, its schema and its papers, and nothing else", () => {
    const [{ files }] = npm("pack", "--dry-run", "--json", "--ignore-scripts");
    const paths: string[] = files.map(({ path }: { path: string }) => path);
    const papers = ["CHANGELOG.md", "LICENSE", "README.md", "package.json", "schema.json"];
    for (const paper of papers) assert.ok(paths.includes(paper), paper);
    for (const path of paths)
      assert.ok(
        papers.includes(path) || /^dist\/(sdk|provider|localkms|cli)\/.+\.(js|d\.ts|json)$/.test(path),
        path,
      );
  });

  it("runs nothing when it is installed", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const name of ["preinstall", "install", "postinstall", "prepare"])
      assert.ok(!(name in scripts), name);
  });

  it("has a bill of materials with every dependency, its version and its hash (make sbom)", () => {
    const { bomFormat, components } = npm(
      ...["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"],
    );
    assert.equal(bomFormat, "CycloneDX");
    for (const name of Object.keys(dependencies)) {
      const found = components.find(
        (component: { name: string }) => component.name === name.split("/").at(-1) || component.name === name,
      );
      assert.ok(found?.version && found.hashes?.length > 0, name);
    }
    assert.ok(!components.some(({ name }: { name: string }) => name === "mocha"));
  });

  it("has its dependencies justified, each in a row of docs/dependencies.md, and no row more", () => {
    const named = [
      ...readFileSync(join(root, "docs/dependencies.md"), "utf8").matchAll(/^\| (`.+?) \|/gm),
    ].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
    assert.deepEqual(named.sort(), [...Object.keys(dependencies), ...Object.keys(devDependencies)].sort());
  });

  it("is pinned: the lock file names a hash for every package", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    for (const [path, { integrity, resolved, link }] of Object.entries<Record<string, string>>(packages)) {
      if (path === "" || link) continue;
      assert.ok(integrity, path);
      if (resolved) assert.match(resolved, /^https:\/\//, path);
    }
  });
});
