/**
 * Breaks the provider in one way at a time (mutants.json) and says whether the tests that are named there notice it: see README.md.
 *
 * Each worker has a copy of the tree, so the tree itself is never changed. Arguments are texts: only mutants are run whose id has one of them.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import mutantsJson from "./mutants.json";

interface Mutant {
  id: string;
  /** What it breaks. */
  sentence: string;
  /** A text that is in the provider once, wherever that is. */
  anchor: string;
  /** What stands there instead. */
  replacement: string;
  /** Test files by their names without folders, those first that are most likely to notice it. */
  tests: string[];
}

type Verdict = "killed" | "survived" | "not found" | "not run";

const ROOT = join(__dirname, "../..");
const WORKERS = 2;
/** A mutant may make a test wait for ever. */
const LIMIT_MS = 6 * 60_000;
/** Of one test: a busy machine is not to be taken for a broken one. */
const TEST_LIMIT_MS = 120_000;
const LEFT_OUT = [".git", "node_modules", "coverage"];

/** Every file of the provider with its text. */
const sources = new Map(
  filesIn("provider", ".ts").map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
);
const testFiles = filesIn("test", ".test.ts");

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

/** Files of this name: the provider's own tests, where other tests have the same name. */
function filesNamed(name: string): string[] {
  const files = testFiles.filter((file) => basename(file) === name);
  const ofProvider = files.filter((file) => file.startsWith("test/provider/"));
  if (files.length === 0)
    throw new Error(`Expected a test file ${name}; there is none. Correct mutants.json.`);
  return ofProvider.length > 0 ? ofProvider : files;
}

/** The file that holds the anchor, or how often it stands in all of them where that is not once. */
function placeOf(anchor: string): { file: string } | { times: number } {
  const found = [...sources].flatMap(([file, text]) =>
    Array.from({ length: text.split(anchor).length - 1 }, () => file),
  );
  return found.length === 1 ? { file: found[0]! } : { times: found.length };
}

function copyOfTree(): string {
  const copy = mkdtempSync(join(tmpdir(), "keymgmt-mutants-"));
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(relative(ROOT, path)) });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** What mocha says of these files in a copy: whether a test failed, or none came to an end. */
async function testsIn(copy: string, files: string[]): Promise<{ verdict: Verdict; detail: string }> {
  const { execa } = await import("execa"); // Imported, because a package that it needs has no entry for require.
  const { all: said, timedOut } = await execa(
    "node_modules/.bin/mocha",
    ["--no-parallel", "--bail", "--retries", "2", "--timeout", String(TEST_LIMIT_MS), ...files],
    {
      cwd: copy,
      env: { KEYMGMT_COUNTS: "" },
      all: true,
      reject: false,
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    },
  );
  if (timedOut) return { verdict: "killed", detail: `no end after ${LIMIT_MS / 1000} s` };
  const [, passed, failed] = /^(\d+) passed, (\d+) failed, \d+ skipped$/m.exec(said) ?? [];
  // Without the reporter's last line no test ran, as where the code cannot be parsed: that says nothing of the tests.
  if (passed === undefined || (failed === "0" && passed === "0"))
    return { verdict: "not run", detail: said.trim().split("\n").slice(0, 8).join(" | ") };
  const [, title = ""] = /^ +1\) (.+)$/m.exec(said) ?? [];
  return failed === "0" ? { verdict: "survived", detail: "" } : { verdict: "killed", detail: title };
}

/** Of each test file that was run with nothing broken: so a failure says something. */
const unbroken = new Map<string, ReturnType<typeof testsIn>>();

async function runMutant(copy: string, { anchor, replacement, tests }: Mutant): ReturnType<typeof testsIn> {
  const place = placeOf(anchor);
  if ("times" in place) return { verdict: "not found", detail: `its anchor is there ${place.times} times` };
  const files = [...new Set(tests.flatMap(filesNamed))];
  for (const file of files) {
    const run = unbroken.get(file) ?? testsIn(copy, [file]);
    unbroken.set(file, run);
    const { verdict, detail } = await run;
    if (verdict !== "survived")
      return { verdict: "not run", detail: `${file} fails with nothing broken: ${detail}` };
  }
  const text = sources.get(place.file)!;
  writeFileSync(
    join(copy, place.file),
    text.replace(anchor, () => replacement),
  );
  try {
    return await testsIn(copy, files);
  } finally {
    writeFileSync(join(copy, place.file), text);
  }
}

/** Does the work for each item; every worker has its copy of the tree. */
async function inWorkers<T>(items: T[], work: (copy: string, item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    const copy = copyOfTree();
    try {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(copy, item);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

async function main(): Promise<number> {
  const wanted = process.argv.slice(2);
  const mutants = (mutantsJson as Mutant[]).filter(
    ({ id }) => wanted.length === 0 || wanted.some((text) => id.includes(text)),
  );
  const counts: Record<Verdict, number> = { killed: 0, survived: 0, "not found": 0, "not run": 0 };
  await inWorkers(mutants, async (copy, mutant) => {
    const start = Date.now();
    const { verdict, detail } = await runMutant(copy, mutant);
    counts[verdict] += 1;
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(`${verdict.padEnd(9)} ${mutant.id} (${seconds} s)${detail && `: ${detail}`}`);
  });
  const { killed, survived } = counts;
  console.log(
    `${killed} of ${mutants.length} killed, ${survived} survived, ${counts["not found"]} not found, ${counts["not run"]} not run`,
  );
  return counts["not found"] + counts["not run"] === 0 ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
