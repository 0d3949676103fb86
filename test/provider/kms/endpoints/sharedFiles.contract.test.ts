import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  profileSetting,
  servicesSettings,
  sharedSettings,
} from "../../../../provider/kms/endpoints/sharedFiles";
import { setEnvironment } from "../loopback";

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

  it("set for a profile what its config section says, then its credentials section, and of two lines the later", () => {
    const [config, credentials] = [join(folder, "config"), join(folder, "credentials")];
    writeFileSync(
      config,
      `[default]\na = 1\na = 2\n[ours]\na = no profile here\n[profile "ours"]\na = 3\ns3 =\n  b = of s3\nb = 4\n[services x]\na = no profile\n`,
    );
    writeFileSync(credentials, "[default]\na = 5\nc = 6\n[ours]\na = 7\nc = 8\n[profile ours]\nc = 9\n");
    restore = setEnvironment({ AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials });
    const values = (profile?: string) => ["a", "b", "c"].map((name) => profileSetting(profile, name)?.value);
    assert.deepEqual(values(), ["2", undefined, "6"]);
    assert.deepEqual(values("ours"), ["3", "4", "8"]);
    assert.deepEqual(values("none"), [undefined, undefined, undefined]);
    process.env.AWS_PROFILE = "ours";
    assert.deepEqual(values(), ["3", "4", "8"]);
    assert.deepEqual(values("default"), ["2", undefined, "6"]);
    assert.equal(servicesSettings("y"), undefined);
    assert.equal(servicesSettings("x")?.length, 1);
  });

  it("are empty where they are not there", () => {
    restore = setEnvironment({});
    assert.deepEqual(sharedSettings(), []);
  });
});
