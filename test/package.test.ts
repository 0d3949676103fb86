import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dependencies as ofLocalKms } from "../local-kms/package.json";
import { dependencies, devDependencies, peerDependencies, peerDependenciesMeta } from "../package.json";

const root = join(__dirname, "..");
/** The folders of the packages that are published, and what stands in each besides the compiled sources. */
const PUBLISHED = {
  ".": ["CHANGELOG.md", "LICENSE", "README.md", "package.json", "schema.json"],
  "local-kms": ["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
};
const DIST = {
  ".": /^(dist\/((sdk|provider|cli)\/.+\.(js|d\.ts)|schema\.json)|templates\/[\w-]+\/[\w.]+)$/,
  "local-kms": /^dist\/.+\.(js|d\.ts|json)$/,
};

const npm = (...args: string[]) => JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" }));

describe("what is published", function () {
  this.timeout(60_000);

  for (const [place, papers] of Object.entries(PUBLISHED)) {
    it(`holds the compiled package, its papers and templates, and nothing else: ${place}`, () => {
      const [{ files }] = npm("pack", join(root, place), "--dry-run", "--json", "--ignore-scripts");
      const paths: string[] = files.map(({ path }: { path: string }) => path);
      for (const paper of papers) assert.ok(paths.includes(paper), paper);
      const compiled = paths.filter((path) => DIST[place as keyof typeof DIST].test(path));
      assert.ok(compiled.length > 10);
      assert.deepEqual(paths.filter((path) => !compiled.includes(path)).sort(), papers);
    });

    it(`names no source map, because it has none: ${place}`, () => {
      const folder = join(root, place, "dist");
      const scripts = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".js"),
      );
      assert.ok(scripts.length > 10);
      const naming = scripts.filter((name) =>
        /^\/\/# sourceMappingURL=/m.test(readFileSync(join(folder, name), "utf8")),
      );
      assert.deepEqual(naming, []);
    });

    it(`runs nothing when it is installed: ${place}`, () => {
      const { scripts } = JSON.parse(readFileSync(join(root, place, "package.json"), "utf8"));
      for (const name of ["preinstall", "install", "postinstall", "prepare"])
        assert.ok(!(name in scripts), name);
    });
  }

  // Not with --omit dev: npm then leaves out what a package of development needs as well.
  it("has a bill of materials with every dependency, its version and its hash; those of development are marked (make sbom)", () => {
    interface Component {
      name: string;
      version: string;
      hashes: object[];
      properties: { name: string }[];
    }
    const { bomFormat, components } = npm("sbom", "--sbom-format", "cyclonedx", "--package-lock-only") as {
      bomFormat: string;
      components: Component[];
    };
    assert.equal(bomFormat, "CycloneDX");
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    for (const name of [...Object.keys(dependencies), ...Object.keys(devDependencies)]) {
      const { version, dev } = packages[`node_modules/${name}`];
      const found = components.find((component) => component.name === name && component.version === version);
      assert.ok(found && found.hashes.length > 0, name);
      const marked = found.properties.some((property) => property.name === "cdx:npm:package:development");
      assert.equal(marked, dev ?? false, name);
    }
  });

  it("comes without what is compiled at its installation: who has an HSM asks for it", () => {
    assert.deepEqual(Object.keys(peerDependencies).sort(), ["pkcs11js", "pulumi-keymgmt-local-kms"]);
    assert.deepEqual(peerDependenciesMeta, {
      pkcs11js: { optional: true },
      "pulumi-keymgmt-local-kms": { optional: true },
    });
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    assert.ok(!("node_modules/pkcs11js" in packages));
  });

  it("is released together with the local KMS: both have one version, and one asks for the other's", () => {
    const [main, local] = Object.keys(PUBLISHED).map((place) =>
      JSON.parse(readFileSync(join(root, place, "package.json"), "utf8")),
    );
    assert.equal(local.version, main.version);
    assert.equal(main.peerDependencies[local.name], `^${local.version}`);
  });

  it("has its dependencies justified, each in a row of docs/dependencies.md, and no row more", () => {
    const named = [
      ...readFileSync(join(root, "docs/dependencies.md"), "utf8").matchAll(/^\| (`.+?) \|/gm),
    ].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
    const all = { ...dependencies, ...devDependencies, ...peerDependencies, ...ofLocalKms };
    assert.deepEqual(named.sort(), Object.keys(all).sort());
  });

  it("is pinned: the lock file names a hash for every package", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    for (const [path, { integrity, resolved, link }] of Object.entries<Record<string, string>>(packages)) {
      if (path === "" || path in PUBLISHED || link) continue;
      assert.ok(integrity, path);
      if (resolved) assert.match(resolved, /^https:\/\//, path);
    }
  });
});
