import assert from "node:assert/strict";
import { KeymgmtError, type KeymgmtErrorCode } from "../../../provider/errors";
import { deleteAlias } from "../../../provider/kms/aliases";
import type { Kms } from "../../../provider/kms/client/client";

describe("deleting an alias", () => {
  const kmsThatFails = (code: KeymgmtErrorCode): Kms => ({
    region: "us-west-1",
    say: () => {},
    call: async () => {
      throw new KeymgmtError(code, "message");
    },
  });

  it("succeeds where somebody has deleted it before", async () => {
    await deleteAlias(kmsThatFails("NotFound"), "alias/a", {});
  });

  it("fails where AWS refuses it", async () => {
    await assert.rejects(deleteAlias(kmsThatFails("AccessDenied"), "alias/a", {}), { code: "AccessDenied" });
  });
});
