import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "../../../tools/toolchain";

describe("docs/local-kms-fidelity.md", () => {
  it("is what the tests of the local KMS make it", async () => {
    const args = ["--import", "tsx", join(checkout, "local-kms/tools/fidelity/main.ts"), "--check"];
    await promisify(execFile)(process.execPath, args);
  }).timeout(60_000);
});
