import { look, PRIMARY, REGIONS, REPLICAS, refusal, rows, type Seen } from "./kmsKeys";
import { telling } from "./preview";
import { claim, quoted, ran, step, table } from "./say";
import type { Stage } from "./stage";

const TEXT = "order 4711: two boxes of tea";
const [, LAST = ""] = REPLICAS;

/** A key's life from its first preview to its deletion. Throws where anything is not as it is said to be. */
export async function story(stage: Stage): Promise<void> {
  introduce(stage);
  await preview(stage);
  const alias = await make(stage);
  const old = await use(stage, alias);
  await previewRotation(stage);
  const keyIds = await rotate(stage, alias, old);
  await disable(stage, alias, old);
  await enable(stage, old);
  const live = await look(stage, keyIds);
  claim(
    "every version is Enabled in every Region",
    live.every(({ state }) => state === "Enabled"),
    live,
  );
  table(rows("orders", live));
  await refuseDeletion(stage, keyIds);
  await remove(stage, keyIds);
}

function introduce({ source, local }: Stage): void {
  console.log("pulumi-keymgmt: give a key that you make yourself to AWS KMS, with `pulumi up`.");
  console.log(
    "Nothing here reaches a cloud. In the place of AWS KMS stands a local one that follows its rules",
  );
  console.log(`(${local.url}); Pulumi is the real one, with its state in a temporary folder.`);
  step("The program: examples/multi-region/index.ts", "A key, its home in AWS, and two more Regions.");
  const program = source.slice(source.indexOf("const kms"), source.indexOf("\n/**"));
  console.log();
  quoted(program.trimEnd().split("\n"));
}

async function preview({ project, local }: Stage): Promise<void> {
  step("Look first", "A preview says what would be made, and makes nothing.");
  ran("pulumi preview --diff          (shortened)");
  const { stdout } = await project.preview({ diff: true });
  quoted(telling(stdout));
  const { ListAliases, ...others } = local.counts();
  const isAll = ListAliases === 3 && kmsCalls(others) === 0;
  claim("the preview asked KMS only whether the alias is free, once in each Region", isAll, local.counts());
}

async function make({ project, local, application }: Stage): Promise<string> {
  step(
    "Make it",
    "The material is 32 random bytes, made on this machine. For each Region AWS KMS hands out a",
    "public RSA key; the material is encrypted under it and imported. It is never sent in the clear.",
  );
  ran("pulumi up");
  await project.up();
  const { alias } = (await project.stackOutput()).json;
  quoted([`alias: ${alias}`, `calls to KMS: ${told(local.counts())}`]);
  for (const region of REGIONS) {
    const { KeyState, Origin } = await application(region).describe(alias);
    claim(
      `${region} has an enabled KMS key with imported material`,
      `${KeyState} ${Origin}` === "Enabled EXTERNAL",
      { KeyState, Origin },
    );
  }
  return alias;
}

/** Answers a ciphertext under version 1. */
async function use({ application }: Stage, alias: string): Promise<Uint8Array> {
  step(
    "Use it",
    "An application needs the alias and the AWS SDK. It encrypts in one Region; another decrypts,",
    "because both hold the same material.",
  );
  const ciphertext = await application(PRIMARY).encrypt(alias, TEXT);
  for (const region of REPLICAS) {
    const { text } = await application(region).decrypt(ciphertext);
    claim(`what ${PRIMARY} encrypted, ${region} decrypts: "${text}"`, text === TEXT);
  }
  return ciphertext;
}

async function previewRotation({ project }: Stage): Promise<void> {
  step("Look at a rotation first", "Any change of `rotationTrigger` asks for a new version of the key.");
  ran("pulumi config set rotationTrigger incident-17");
  await project.configSet({ rotationTrigger: "incident-17" });
  ran("pulumi preview --diff          (shortened)");
  const { stdout } = await project.preview({ diff: true });
  quoted(telling(stdout));
  claim("the preview says keyVersion: 1 => 2", /keyVersion *: 1 => 2/.test(stdout), stdout);
  claim("the alias stays what it is", !/[~+-] alias(Name|Arn)? *:/.test(stdout), stdout);
}

/** Answers the KMS keys by version. */
async function rotate(
  { project, application }: Stage,
  alias: string,
  old: Uint8Array,
): Promise<Record<string, string>> {
  step(
    "Rotate",
    "Version 2 is imported in every Region before the alias moves to it in any. The KMS keys of",
    "version 1 stay, because only they decrypt what was encrypted under them.",
  );
  ran("pulumi up");
  await project.up();
  const outputs = (await project.stackOutput()).json;
  claim("the alias is the same as before", outputs.alias === alias, outputs.alias);
  const keyIds: Record<string, string> = Object.fromEntries(
    Object.entries(outputs.versions as Record<string, { keyId: string }>).map(([version, { keyId }]) => [
      version,
      keyId,
    ]),
  );
  const fresh = await application(PRIMARY).encrypt(alias, TEXT);
  for (const region of REGIONS) {
    const [before, now] = [await application(region).decrypt(old), await application(region).decrypt(fresh)];
    claim(`${region} still decrypts the old ciphertext`, before.text === TEXT && uses(before, keyIds[1]));
    claim(
      `${region} decrypts new ciphertext, which is under the new KMS key`,
      now.text === TEXT && uses(now, keyIds[2]),
      now.keyArn,
    );
  }
  return keyIds;
}

async function disable({ project, application }: Stage, alias: string, old: Uint8Array): Promise<void> {
  step("End version 1", "Versions below `minEnabledVersion` are disabled, not deleted.");
  ran("pulumi config set minEnabledVersion 2 && pulumi up");
  await project.configSet({ minEnabledVersion: "2" });
  await project.up();
  for (const region of REGIONS) {
    const name = await refusal(application(region).decrypt(old));
    claim(
      `${region} refuses the old ciphertext: DisabledException`,
      name === "DisabledException",
      name || "it decrypts",
    );
  }
  const { text } = await application(LAST).decrypt(await application(PRIMARY).encrypt(alias, TEXT));
  claim("new ciphertext is not concerned", text === TEXT);
}

async function enable({ project, application }: Stage, old: Uint8Array): Promise<void> {
  step("Take it back", "A number too high is no loss: lower it, and version 1 is enabled again.");
  ran("pulumi config set minEnabledVersion 1 && pulumi up");
  await project.configSet({ minEnabledVersion: "1" });
  await project.up();
  for (const region of REGIONS) {
    const { text } = await application(region).decrypt(old);
    claim(`${region} decrypts the old ciphertext again`, text === TEXT);
  }
}

async function refuseDeletion(stage: Stage, keyIds: Record<string, string>): Promise<void> {
  step("Try to delete it", "`deletionAllowed` is false, so an accident stops here.");
  ran("pulumi destroy");
  const { stdout } = await stage.project.pulumi(["destroy", "--yes"], { fails: true });
  const [reason = ""] = /resource "urn:[^"]*"[^\n]*(?:\n[^\n]*?)?protect[^.\n]*/.exec(stdout) ?? [];
  quoted([reason.replace(/"urn:.*::/, '"').replace(/\s+/g, " ")]);
  claim("`pulumi destroy` is refused", reason !== "", stdout);
  const seen = await look(stage, keyIds);
  claim(
    "nothing was touched: every KMS key is Enabled, every Region has its alias",
    seen.every(({ state, version, alias }) => state === "Enabled" && (version !== "2" || alias !== "")),
    seen,
  );
}

async function remove(stage: Stage, keyIds: Record<string, string>): Promise<void> {
  const { project } = stage;
  step(
    "Delete it on purpose",
    "In two steps: an update that says it may be deleted, and then the deletion. AWS KMS keeps the",
    "KMS keys for 30 days (`deletionWindowDays`), a primary for as long as it has replicas.",
  );
  ran("pulumi config set deletionAllowed true && pulumi up && pulumi destroy");
  await project.configSet({ deletionAllowed: "true" });
  await project.up();
  await project.destroy();
  const { deployment } = (await project.stackExport()).json;
  claim("Pulumi's state is empty, the material with it", (deployment.resources ?? []).length === 0);
  const seen = await look(stage, keyIds);
  claim(
    "every alias is gone",
    seen.every(({ alias }) => alias === ""),
    seen,
  );
  claim("the deletion of every KMS key is scheduled", seen.every(isScheduled), seen);
  table(rows("orders", seen));
}

function isScheduled({ region, state }: Seen): boolean {
  return state === "PendingDeletion" || (region === PRIMARY && state === "PendingReplicaDeletion");
}

function uses({ keyArn }: { keyArn: string }, keyId: string | undefined): boolean {
  return keyId !== undefined && keyArn.endsWith(`/${keyId}`);
}

function kmsCalls(counts: Record<string, number>): number {
  return Object.entries(counts)
    .filter(([operation]) => !operation.startsWith("sts:"))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** The calls that change something, e.g. "CreateKey 1, ImportKeyMaterial 3". */
function told(counts: Record<string, number>): string {
  return ["CreateKey", "ReplicateKey", "ImportKeyMaterial", "CreateAlias"]
    .map((operation) => `${operation} ${counts[operation] ?? 0}`)
    .join(", ");
}
