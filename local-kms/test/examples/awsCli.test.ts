import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { clientsOr, skip } from "../../../test/compat/support/index.js";
import { temporaryFolder } from "../support.js";
import { EXAMPLES, importsMaterial, onBoth } from "./support.js";

const SCRIPT = join(EXAMPLES, "aws-cli/import-key.sh");

describe("the example for the AWS CLI", function () {
  this.timeout(120_000);
  let path: string;
  before(async function () {
    const { python } = await clientsOr(this);
    for (const needed of ["bash", "openssl"])
      try {
        execFileSync(needed, [needed === "bash" ? "--version" : "version"]);
      } catch {
        skip(this, `no ${needed} on PATH`);
      }
    const folder = await temporaryFolder();
    await writeFile(join(folder, "aws"), `#!/bin/sh\nexec '${python}' -m awscli "$@"\n`, { mode: 0o755 });
    path = [folder, process.env.PATH].join(delimiter);
  });

  onBoth("imports material that encrypts and decrypts, and leaves nothing of it in a file", (stage) =>
    importsMaterial(stage, ["bash", SCRIPT], { cwd: tmpdir(), env: { PATH: path } }),
  );
});
