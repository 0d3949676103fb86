import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openBackupAt, refuseOtherKey } from "../../../../provider/keys/backup/restore";
import { UNKNOWN } from "../../../../provider/schema/unknowns";
import { temporaryFolder } from "../../../temporaryFolders";

describe("a backup that is opened", () => {
  const say = () => {};

  it("is the file whose fingerprint the program says, and nothing is tried with another", async () => {
    const file = join(await temporaryFolder(), "orders.backup");
    await writeFile(file, "another backup");
    const of = { from: `file://${file}`, passphrase: "env:NOT_SET" };
    await assert.rejects(openBackupAt({ ...of, fingerprint: "00".repeat(32) }, say), {
      code: "InvalidInput",
      message: /it has another, so it is another file\. Nothing was restored\./,
    });
    await assert.rejects(openBackupAt(of as never, say), { code: "InvalidInput", message: /fingerprint/ });
  });
});

describe("a key that is there already, with a backup of its name", () => {
  const versions = [{ version: 1, createdAt: "2026-01-31T12:00:00Z", kcv: "0123456789", enabled: true }];
  const refuse = (restore: unknown) => () => refuseOtherKey("orders", restore, versions);

  it("goes on where the backup is its own, of whatever age", () => {
    refuse({ kcvs: ["0123456789"] })();
    refuse({ kcvs: ["0123456789", "abcdef0123"] })();
  });

  it("is not silently left as it is where the backup is of another", () => {
    assert.throws(refuse({ kcvs: ["abcdef0123"] }), {
      code: "InvalidInput",
      message:
        'Expected no key "orders" in this stack, so that it can be restored; there is one, and its version 1 has the key check value 0123456789, not abcdef0123 as in the backup. Nothing was changed. Remove `restore` (`pulumi config rm keymgmt:restore.orders`), or restore into another stack. If the existing key was made by an update that was then refused, nothing is encrypted under it: remove it from the state (`pulumi state delete --force <its URN>`) and run `pulumi up` again.',
    });
  });

  it("goes on where the backup is not known yet, or there is none", () => {
    for (const restore of [undefined, UNKNOWN, { kcvs: UNKNOWN }, { kcvs: [UNKNOWN] }]) refuse(restore)();
  });
});
