import assert from "node:assert/strict";
import { refuseOtherKey } from "../../../../provider/keys/backup/restore";
import { UNKNOWN } from "../../../../provider/schema/unknowns";

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
