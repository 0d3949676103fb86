import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedSettings } from "../../../provider/awskms/sharedFiles";
import { setEnvironment } from "./loopback";

describe("the AWS config and credentials files", () => {
  let folder: string;
  let restore = () => {};
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-shared-files-"));
  });
  afterEach(() => {
    restore();
    rmSync(folder, { recursive: true });
  });

  it("give each setting with its section, line and file, comments left out", () => {
    const [config, credentials] = [join(folder, "config"), join(folder, "credentials")];
    writeFileSync(
      config,
      "# a comment\n[default]\r\nregion = us-west-1 ; why\r\n\n[services ours]\nkms =\n  endpoint_url = http://127.0.0.1:1/#x\n",
    );
    writeFileSync(credentials, "[ours]\nendpoint_url=https://x\n");
    restore = setEnvironment({ AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials });
    assert.deepEqual(sharedSettings(), [
      {
        section: "default",
        profile: "default",
        name: "region",
        value: "us-west-1",
        place: `line 3 of ${config}`,
      },
      {
        section: "services ours",
        group: "kms",
        name: "endpoint_url",
        value: "http://127.0.0.1:1/#x",
        place: `line 7 of ${config}`,
      },
      {
        section: "ours",
        profile: "ours",
        name: "endpoint_url",
        value: "https://x",
        place: `line 2 of ${credentials}`,
      },
    ]);
  });

  it("are empty where they are not there", () => {
    restore = setEnvironment({});
    assert.deepEqual(sharedSettings(), []);
  });
});
