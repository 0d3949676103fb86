/**
 * `npm install` without a network. Packages that are given as files are unpacked; all others come from this checkout's
 * node_modules, in the versions of its lock file. Usage: node npm.mjs CHECKOUT [FILE...]
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const [checkout, ...files] = process.argv.slice(2);
const modules = resolve("node_modules");
const manifest = existsSync("package.json") ? JSON.parse(readFileSync("package.json", "utf8")) : {};
manifest.dependencies ??= {};

for (const file of files) {
  const { name } = JSON.parse(
    execFileSync("tar", ["-xzOf", file, "package/package.json"], { encoding: "utf8" }),
  );
  const place = join(modules, name);
  mkdirSync(place, { recursive: true });
  execFileSync("tar", ["-xzf", file, "--strip-components", "1", "-C", place]);
  manifest.dependencies[name] = `file:${relative(process.cwd(), file)}`;
  const { dependencies } = linkCommands(name);
  Object.keys(dependencies).forEach(linkPackage);
}
if (files.length > 0) writeFileSync("package.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).forEach(linkPackage);

function linkPackage(name) {
  const place = join(modules, name);
  if (existsSync(place)) return;
  const there = join(checkout, "node_modules", name);
  if (!existsSync(there)) throw new Error(`${name} is not in the checkout's node_modules`);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(there, place, "dir");
  linkCommands(name);
}

function linkCommands(name) {
  const place = join(modules, name);
  const { bin = {}, ...rest } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
  mkdirSync(join(modules, ".bin"), { recursive: true });
  for (const [command, path] of Object.entries(typeof bin === "string" ? { [name]: bin } : bin)) {
    chmodSync(join(place, path), 0o755);
    const link = join(modules, ".bin", command);
    if (!existsSync(link)) symlinkSync(join("..", name, path), link);
  }
  return rest;
}
