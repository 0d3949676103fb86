import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { permissionsFile, permissionsText } from "../../tools/permissions";

describe("docs/permissions.md", () => {
  it("is what tools/permissions.ts makes of the table", () => {
    assert.equal(
      readFileSync(permissionsFile, "utf8"),
      permissionsText(),
      "stale: run npx tsx tools/permissions.ts",
    );
  });
});
