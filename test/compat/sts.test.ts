import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiModel } from "../../local-kms/src/api/model.js";
import { apiModel } from "../../local-kms/tools/model/model";
import { kmsReach, stsReach } from "../../provider/kms/endpoints/endpoint";
import { DURATION, POLICY_CHARACTERS, TAGS, TEXTS } from "../../provider/resources/roleRules";
import { command } from "../e2e/support/command";
import { CONFIG } from "../provider/kms/credentials/profiles";
import { setEnvironment } from "../provider/kms/loopback";
import { type Clients, clientsOr } from "./support";

const REGION = "us-west-2";

describe("STS, held against an independently installed botocore", () => {
  let clients: Clients;
  before(async function () {
    clients = await clientsOr(this);
  });

  describe("its model of AssumeRole has", () => {
    let shapes: ApiModel["shapes"];
    before(async () => {
      const file = join(await clients.installed("botocore"), "data/sts/2011-06-15/service-2.json.gz");
      ({ shapes } = apiModel(file, "the installed botocore"));
    });

    /** Every letter that a pattern takes, of the first two thousand or so. */
    const taken = (pattern: RegExp) =>
      Array.from({ length: 0x800 }, (_, code) => String.fromCharCode(code)).filter((one) =>
        pattern.test(one),
      );
    const shapeOf = (member: string) => {
      const { min, max, pattern = "" } = shapes[shapes.AssumeRoleRequest!.members![member]!]!;
      return { min, max, taken: taken(new RegExp(`^${pattern}$`, "u")) };
    };

    for (const [property, member] of [
      ["sessionName", "RoleSessionName"],
      ["externalId", "ExternalId"],
      ["sourceIdentity", "SourceIdentity"],
    ] as const)
      it(`the limits of ${property}`, () => {
        const { min, max, pattern } = TEXTS[property];
        assert.deepEqual({ min, max, taken: taken(pattern) }, shapeOf(member));
      });

    it("the limits of durationSeconds", () => {
      const { min, max } = shapeOf("DurationSeconds");
      assert.deepEqual({ min, max }, DURATION);
    });

    it("the limits of tags and transitiveTagKeys", () => {
      const { tagKeyType: key, tagValueType: value, tagListType: list, tagKeyListType: keys } = shapes;
      assert.deepEqual(
        [list!.max, keys!.max, key!.max, value!.max],
        [TAGS.most, TAGS.most, TAGS.key, TAGS.value],
      );
      for (const { pattern } of [key!, value!])
        assert.deepEqual(taken(TAGS.pattern), taken(new RegExp(`^${pattern}$`, "u")));
    });

    it("the characters of a session policy", () => {
      assert.deepEqual(taken(POLICY_CHARACTERS), shapeOf("Policy").taken);
    });
  });

  it("reads the same hosts of KMS and STS out of an AWS config file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keymgmt-sts-"));
    const file = join(folder, "config");
    const restore = setEnvironment({ AWS_CONFIG_FILE: file });
    try {
      await writeFile(file, CONFIG);
      // Not those that are refused. For `emulated` KMS has an emulator, which is taken for STS too, here alone.
      const profiles = [
        "default",
        "local",
        "services",
        "both",
        "fips",
        "dualstack",
        "strict",
        "ignoring",
        "plain",
      ];
      const script = `import boto3, json, sys
def hosts(profile):
    session = boto3.Session(profile_name=profile, region_name="${REGION}")
    return [session.client(service).meta.endpoint_url for service in ("kms", "sts")]
print(json.dumps({profile: hosts(profile) for profile in sys.argv[1:]}))`;
      const env = {
        HOME: folder,
        PATH: process.env.PATH!,
        AWS_CONFIG_FILE: file,
        PYTHONDONTWRITEBYTECODE: "1",
      };
      const { stdout, stderr } = await command(clients.python, ["-c", script, ...profiles], {
        cwd: folder,
        env,
        seconds: 60,
      });
      assert.notEqual(stdout, "", stderr);
      const ours = profiles.map((profile) => {
        const connection = { keyCollection: REGION, profile };
        return [profile, [kmsReach(connection, REGION), stsReach(connection)].map(hostOf)];
      });
      assert.deepEqual(Object.fromEntries(ours), JSON.parse(stdout));
    } finally {
      restore();
      await rm(folder, { recursive: true });
    }

    /** As AWS's endpoint rules have it: test/provider/kms/endpoints/reach.contract.test.ts holds that to where the SDK's clients go. */
    function hostOf(
      { endpoint, useFipsEndpoint, useDualstackEndpoint }: ReturnType<typeof kmsReach>,
      index: number,
    ) {
      const service = `${["kms", "sts"][index]}${useFipsEndpoint ? "-fips" : ""}`;
      return endpoint ?? `https://${service}.${REGION}.${useDualstackEndpoint ? "api.aws" : "amazonaws.com"}`;
    }
  });
});
