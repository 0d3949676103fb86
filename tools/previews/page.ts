/** docs/previews.md, of what the real engine prints. */
import { join } from "node:path";
import { checkout } from "../toolchain";
import { normalised } from "./normalised";
import {
  adopting,
  replicated,
  replicatedScenes,
  signing,
  signingScenes,
  single,
  singleScenes,
  undistributed,
} from "./scenes";
import { Stage } from "./stage";

export const previewsFile = join(checkout, "docs", "previews.md");

const DIFF = "pulumi preview --diff";

/** The page's text. Takes the real engine, and a minute. */
export async function previewsText(): Promise<string> {
  const today = new Date().toISOString().slice(0, 10);
  const { create, rotation, minimum, refused, removal, drift } = await on(replicatedScenes);
  const { published, waits, moves } = await on(signingScenes);
  const { onDemand, adoption, expiry } = await on(singleScenes);
  const section = (title: string, look: string, command: string, text: string) =>
    `## ${title}\n\n${look}\n\n\`\`\`diff\n$ ${command}\n${normalised(text, today)}\n\`\`\``;
  return `${[
    INTRODUCTION,
    programOf(replicated()),
    section("A new key", NEW, DIFF, create),
    section("A rotation that is due", ROTATION, DIFF, rotation),
    section("The end of a version", MINIMUM, DIFF, minimum),
    section("Drift", DRIFT, `${DIFF} --refresh`, drift),
    section("A replacement, refused", REFUSED, DIFF, refused),
    section("A removal", `${REMOVAL}\n\n${programOf(undistributed())}`, DIFF, removal),
    `The next previews are of a key that signs:\n\n${programOf(signing())}`,
    section("A rotation that is published first", PUBLISHED, DIFF, published),
    section("The time between", WAITS, DIFF, waits),
    section("The move of the aliases", MOVES, DIFF, moves),
    `The other previews are of this program:\n\n${programOf(single())}`,
    section("A renewal of material that expires", EXPIRY, DIFF, expiry),
    section("A rotation on demand", ON_DEMAND, DIFF, onDemand),
    section(
      "An adoption",
      `${ADOPTION}\n\n${programOf(adopting("alias/hashicorp/payments-1700000000").slice(single().length + 1))}`,
      DIFF,
      adoption,
    ),
  ].join("\n\n")}\n`;
}

async function on<T>(scenes: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await Stage.open();
  try {
    return await scenes(stage);
  } finally {
    await stage.close();
  }
}

const programOf = (text: string) => `\`\`\`ts\n${text}\n\`\`\``;

const INTRODUCTION = `# What a preview says

Made by the real \`pulumi\` and a local KMS (\`tools/previews\`): ids, moments and account are examples, the rest is what is printed. A test makes
each text again and compares.

Three things are alike in all of them. What will happen to a key is planned into its inputs, so it is among the changed lines: \`keyVersion\`,
\`minEnabledVersion\`, \`rotatedOn\`, \`importedOn\`. \`[unknown]\` is what AWS will say, and what depends on it. So is the day
of the update: \`rotatedOn\`, \`rotateAfter\`, \`importedOn\` and \`renewAfter\` are \`[unknown]\` where they count from it. And
\`aliasName\` and \`aliasArn\` stay as they are: nothing that uses the alias is in the preview. A line that begins with \`+-\`, or says \`replace\`, of
a ManagedKey or a KeyDistribution is never part of daily life: stop there.

A preview asks AWS KMS one thing alone: where \`extraAliases\` has an alias that the state does not show as the distribution's, who has it. One ListAliases in each such Region.
An alias of somebody else then fails the preview; of a new distribution, or in a rotation, a line says which KMS key has it, and the update decides. Without credentials, the permission or an answer, nothing
is said. What else AWS refuses, a preview cannot show: whether the permissions suffice (\`keymgmt doctor\`), whether what \`adopt\` names exists, and quotas.

A plan (\`pulumi preview --save-plan FILE\`, then \`pulumi up --plan FILE\`; Pulumi calls it experimental) can be applied on any later day, and dates count from that day.
Where a rotation or an import became due since the preview, the update would do more than was reviewed. Pulumi then refuses the plan before anything is done to
that resource: \`violates plan: properties changed: … keyVersion\` or \`importedOn\`. \`pulumi up\` looks at the whole plan before it begins; with
\`--skip-preview\` what comes before that resource may have been done. Make a new preview.`;

const NEW = `Look at what can never be changed afterwards: \`type\`, \`replicaRegions\` (no Region can be added later), \`keyCollection\`, and \`multiRegion\`,
which follows from them. \`deletionAllowed\` should be \`false\`, and the lock shows that the key is protected. A fresh key has
\`keyVersion: 1\`; after the update \`rotateAfter\` is the day from which another one rotates it.`;

const ROTATION = `\`keyVersion: 1 => 2\` is the rotation: a KMS key with new material in each Region, then the aliases move to it. Look at the resources: the
key, its distribution and each replica are updated, and nothing else. \`rotateAfter\` says what it is for: it had come. The KMS key of version 1
stays Enabled, since \`minEnabledVersion\` does not change, and decrypts what was encrypted under it.`;

const MINIMUM = `\`minEnabledVersion: 1 => 2\` with an unchanged \`keyVersion\` disables the KMS keys of version 1: the lines at the end say so for each Region. What is
still encrypted under it cannot be decrypted until \`minEnabledVersion\` is lowered again. Ask whether all of that was encrypted anew. Nothing is deleted.`;

const REMOVAL = `The program keeps the key and no longer has its KeyDistribution. \`onRemoval\` says what the update does: Pulumi asks no provider about a resource
that is removed, so a preview cannot say which KMS keys are scheduled and which stay. It shows the inputs of the last update, and \`onRemoval\` is one of them since
the first update by this release. The update says which KMS keys AWS deletes, from which day, and what became of the alias. It may also refuse: where the key goes
too, and the state does not allow its deletion. With \`retainOnDelete\`, of which \`onRemoval\` does not know, the preview says \`[retain]\`, and nothing is done in AWS.`;

const PUBLISHED = `\`publishBefore: "24h"\` has the rotation in two updates. This one makes version 2 and publishes its public key; no alias moves, and version 1 goes on signing.
The line at the end says so.`;

const WAITS = `A preview in the 24 hours after it: nothing changes, and the line at the end says from when on an update moves the aliases.`;

const MOVES = `A day later. No property of the program changes: what moves the aliases is the time, and the lines at the end say so for each Region. Verifiers that fetched the
public keys since that moment know version 2.`;

const DRIFT = `First comes what the refresh sees in AWS, as \`drift\` of the resource and once more at the end: one sentence a difference. Then the update
that puts it back. It has no changed property of its own: the program has not changed, AWS has. Ask who changed it, and whether what they wanted
belongs into the program; the update would undo it. Without \`--refresh\` a preview does not ask AWS, and shows no drift but that of the last refresh. Not
put back are a primary KMS key that AWS no longer knows, material that somebody else has rotated to, and an alias that was moved to a KMS key of somebody else.`;

const REFUSED = `The program asks for another Region. \`replicaRegions\` are fixed when the key is made: it would be another key, and the material of this one would be
lost. It is refused before anything is touched.`;

const EXPIRY = `\`importedOn\` moves to the day of the update: the same material is imported again, into the same KMS key, and expires \`validFor\` from now. \`renewAfter\` is the
day from which the next update does so. No new version and no new KMS key; until the update AWS still has the old import. A preview that should
show this and does not, on a day past \`renewAfter\`, means data that cannot be decrypted once it has expired.`;

const ON_DEMAND = `\`keyVersion: 1 => 2\` as in any rotation, and at the end what is left of AWS's rotations: 25 for a KMS key and no more. The KMS key stays the same: no
\`keyId\` changes, and no version can be disabled alone.`;

const ADOPTION = `\`adopt\` says which KMS keys are taken over, and \`adoptedAlias\` under which name. They stay as they are: no tag, policy or deletion
of theirs is this stack's. The preview cannot tell whether AWS has them (it does not ask); the update looks first and changes nothing where
they are not what they should be. The key is fresh: its material is used from the next rotation on, which is when the alias moves to a KMS key of this stack.

What is added to the program:`;
