import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LocalKms } from "../../local-kms/src/index";
import { NEEDED, PERMISSIONS } from "../../provider/kms/permissions";
import { temporaryFolder } from "../temporaryFolders";
import { SECRET, startLocalKms } from "../world/localKms";
import { type Backup, backUp } from "./everyType/backups";
import { type Copy, openssl } from "./everyType/openssl";
import { OwnerChecks } from "./everyType/ownerChecks";
import { type Held, heldIn, LIVES, type Life, programOf } from "./everyType/stack";
import { openProject, type Project } from "./support";

const ACCOUNT = "111122223333";
/** The eleven permissions of every key, and the two of multi-Region keys. */
const THIRTEEN = NEEDED.flatMap((feature) => PERMISSIONS[feature].map(({ action }) => action)).filter(
  (action) => action.startsWith("kms:"),
);
const POLICY = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: THIRTEEN, Resource: "*" }] };
const principal = (arn: string, accessKeyId: string, policies?: object[]) => ({
  arn: `arn:aws:iam::${ACCOUNT}:${arn}`,
  accessKeys: [{ accessKeyId, secretAccessKey: SECRET }],
  policies,
});
const IAM = { principals: [principal("root", ACCOUNT), principal("user/ci", "AKIACI", [POLICY])] };
/** May recover and adopt KMS keys, for which the thirteen permissions are not enough. */
const ROOT = { AWS_ACCESS_KEY_ID: ACCOUNT };

describe("a key of each type, used by AWS KMS and by OpenSSL with the owner's copy", function () {
  this.timeout(300_000);
  this.bail(true); // Each test goes on from the one before.
  let local: LocalKms;
  let project: Project;
  let folder: string;
  let owners: OwnerChecks;
  let held: Record<string, Held>;
  let backups: Record<string, Backup>;
  /** By the key's name, from version 1 on. */
  const copies: Record<string, Copy[]> = {};

  before(async () => {
    local = await startLocalKms({ config: { iam: IAM } });
    project = await openProject({
      program: "",
      env: { AWS_ACCESS_KEY_ID: "AKIACI", AWS_SECRET_ACCESS_KEY: SECRET },
    });
    folder = await temporaryFolder();
    owners = new OwnerChecks(local, copies);
    const made = LIVES.map(async ({ name, type }) => {
      const [, ...args] = type.material.recipe.split(" ");
      const copy = await openssl(args);
      copies[name] = [copy.toString()];
      await writeFile(join(folder, name), copy, { mode: 0o600 });
    });
    await Promise.all(made);
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const declare = (declared: Parameters<typeof programOf>[1]) =>
    project.setProgram(programOf(local.url, declared));
  const own = ({ name }: Life) => ({
    material: pathToFileURL(join(folder, name)).href,
    rotationTrigger: "1",
  });
  const rotated = { rotationTrigger: "2" };
  const expiring = { validFor: "2d", renewBefore: "1d" };
  const areLeaving = async () => {
    for (const state of (await owners.states(held)).flat())
      assert.match(state, /^Pending(Replica)?Deletion$/);
    assert.deepEqual(await owners.aliases(), []);
  };

  it("is made of the owner's material, in two Regions and RSA-4096 in three, with thirteen permissions alone", async () => {
    await declare((life) => ({ key: own(life), distribution: {} }));
    await project.up();
    held = await heldIn(project, "dev");
    await owners.check("made", held);
  });

  it("is rotated to generated material, which the owner has from a backup", async () => {
    await declare(() => ({ key: rotated, distribution: expiring }));
    await project.up();
    held = await heldIn(project, "dev");
    backups = await backUp(project, folder, Object.keys(copies));
    for (const [name, backup] of Object.entries(backups)) copies[name]!.push(...backup.copies.slice(1));
    await owners.check("rotated", held);
  });

  it("expires in all Regions, and the next update imports it again", async () => {
    await local.moveClock({ advance: "P3D" });
    assert.deepEqual(await owners.states(held), [["PendingImport", "PendingImport"]]);
    await project.up({ daysLater: 3 });
    assert.deepEqual(await heldIn(project, "dev"), held);
    await owners.check("imported again", held);
  });

  it("is disabled below minEnabledVersion", async () => {
    await declare(() => ({ key: { ...rotated, minEnabledVersion: 2 }, distribution: expiring }));
    await project.up({ daysLater: 3 });
    assert.deepEqual(await owners.states(held), [["Disabled", "Enabled"]]);
    await owners.check("version 1 is disabled", held, 2);
  });

  it("is removed from AWS KMS, and comes back enabled: the same KMS keys", async () => {
    await declare(() => ({ key: { ...rotated, minEnabledVersion: 2 } }));
    await project.up({ daysLater: 3 });
    await areLeaving();
    await declare(() => ({ key: rotated, distribution: expiring }));
    await project.up({ daysLater: 3, env: ROOT });
    held = await heldIn(project, "dev");
    assert.deepEqual(await owners.states(held), [["Enabled", "Enabled"]]);
    await owners.check("back", held);
  });

  it("is restored from its backup in another stack: the same KMS keys behind the same alias", async () => {
    await project.pulumi(["stack", "rm", "dev", "--yes", "--force"]);
    await project.pulumi(["stack", "init", "dr"]);
    await declare(({ name }) => ({
      key: { ...rotated, restore: backups[name]!.restore },
      distribution: expiring,
    }));
    await project.up({ daysLater: 3, env: ROOT });
    assert.deepEqual(await heldIn(project, "dr"), held);
    assert.deepEqual(await owners.states(held), [["Enabled", "Enabled"]]);
    await owners.check("restored", held);
  });

  it("is deleted", async () => {
    await project.destroy({ daysLater: 3 });
    await areLeaving();
  });
});
