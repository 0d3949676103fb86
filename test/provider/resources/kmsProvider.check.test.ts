import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resourcesOf } from "../../../provider/resources";
import { Run } from "../../../provider/run";
import { sayOnce } from "../../../provider/say";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { temporaryFolder } from "../../temporaryFolders";
import { setEnvironment } from "../kms/loopback";
import { checked, credentials, inputs, inputsOf, mistakesOf } from "./goodInputs";

const check = (changes: Record<string, unknown>) => mistakesOf("KmsProvider", changes);

describe("check of a KmsProvider", () => {
  it("takes good inputs as they are", async () => {
    assert.deepEqual(await check({}), []);
    assert.deepEqual(await checked("KmsProvider"), inputs.KmsProvider);
  });

  it("fills in what was left out", async () => {
    const left = { provider: undefined, aliasPrefix: undefined, wrappingKeySpec: undefined };
    assert.deepEqual(await check(left), []);
    assert.deepEqual(await checked("KmsProvider", left), inputs.KmsProvider);
  });

  it("needs a Region and nothing else", async () => {
    assert.deepEqual(await check({ keyCollection: undefined }), [
      "Expected `keyCollection`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
    const others = ["credentials", "profile", "assumeRole", "webIdentity", "endpoint", "tags", "quotas"];
    assert.deepEqual(await check(Object.fromEntries(others.map((name) => [name, undefined]))), []);
  });

  describe("in a preview of a new one, which asks AWS nothing", () => {
    const NONE =
      "keymgmt: no AWS credentials are seen in the program, the environment and AWS's files. This preview needs none; the update does. It needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile.";
    let restore = () => {};
    afterEach(() => restore());
    const bare = {
      credentials: undefined,
      profile: undefined,
      assumeRole: undefined,
      webIdentity: undefined,
    };

    async function said(
      settings: Record<string, string>,
      { changes = {}, olds, isPreview = true }: { changes?: object; olds?: object; isPreview?: boolean } = {},
    ): Promise<string[]> {
      restore = setEnvironment(settings);
      const lines: string[] = [];
      const run = new Run({ say: sayOnce((line) => lines.push(line)) });
      const given = inputsOf("KmsProvider", { ...bare, ...changes });
      await resourcesOf(run).KmsProvider.check(olds as never, given, isPreview);
      restore();
      return lines;
    }

    it("says that no credentials are seen, or what is wrong with the first that are", async () => {
      assert.deepEqual(await said({}), [NONE]);
      assert.match(
        (await said({ AWS_EC2_METADATA_DISABLED: "" })).join(),
        / a profile, or an EC2 instance with a role\.$/,
      );
      assert.match(
        (await said({ AWS_ACCESS_KEY_ID: "a" })).join(),
        /^keymgmt: Expected both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
      );
    });

    it("says nothing where a source shows itself, in the program, the environment or the files", async () => {
      const folder = await temporaryFolder();
      const files = { sso: "sso_session = ops", region: "region = us-west-1" };
      for (const [name, line] of Object.entries(files))
        await writeFile(join(folder, name), `[default]\n${line}\n`);
      for (const changes of [
        { credentials: { accessKey: UNKNOWN, secretKey: UNKNOWN } },
        { credentials: UNKNOWN },
        { profile: "ops" },
        { webIdentity: { roleArn: "arn:aws:iam::111122223333:role/ci" } },
      ])
        assert.deepEqual(await said({}, { changes }), [], JSON.stringify(changes));
      const sources: Record<string, string>[] = [
        { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" },
        { AWS_PROFILE: "ops" },
        { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/role" },
        { AWS_CONFIG_FILE: join(folder, "sso") },
      ];
      for (const settings of sources) assert.deepEqual(await said(settings), [], JSON.stringify(settings));
      assert.deepEqual(await said({ AWS_CONFIG_FILE: join(folder, "region") }), [NONE]);
    });

    it("says nothing of one that is there, whose previews may run without credentials, and nothing in an update, which asks", async () => {
      assert.deepEqual(await said({}, { olds: inputs.KmsProvider }), []);
      assert.deepEqual(await said({}, { isPreview: false }), []);
    });
  });

  it("suggests the Region that was meant", async () => {
    assert.deepEqual(await check({ keyCollection: "us-wset-1" }), [
      'Expected `keyCollection` to be an AWS Region such as "us-east-1"; did you mean "us-west-1"?',
    ]);
    assert.deepEqual(await check({ keyCollection: "US-West-1" }), [
      'Expected `keyCollection` to be an AWS Region such as "us-east-1"; did you mean "us-west-1"?',
    ]);
  });

  it("refuses what is no Region, where none is near too", async () => {
    assert.deepEqual(await check({ keyCollection: "global" }), [
      'Expected `keyCollection` to be an AWS Region such as "us-east-1"; what came is none.',
    ]);
  });

  it("takes Regions that do not answer by the form of their names, once each, and not the only one that it needs", async () => {
    assert.deepEqual(await check({ unreachableRegions: ["eu-west-1", "us-east-1"] }), []);
    assert.deepEqual(await check({ unreachableRegions: ["eu-wset-1", "us-east-1", "us-east-1"] }), [
      'Expected `unreachableRegions` to be an AWS Region such as "us-east-1"; did you mean "eu-west-1"?',
      "Expected `unreachableRegions` to name each Region once; one comes twice.",
    ]);
    assert.deepEqual(await check({ unreachableRegions: [inputs.KmsProvider!.keyCollection] }), [
      `Expected \`unreachableRegions\` of a new KmsProvider without its \`keyCollection\`, got "${inputs.KmsProvider!.keyCollection}": nothing can be made there now. Give it a \`keyCollection\` that answers.`,
    ]);
  });

  it("takes quotas of the program or those of Service Quotas", async () => {
    for (const quotas of [{ GetParametersForImport: 5 }, "aws"])
      assert.deepEqual(await check({ quotas }), []);
    assert.deepEqual(await check({ quotas: "azure" }), [
      'Expected `quotas` to be "aws" (read them from Service Quotas) or requests a second by operation, such as { GetParametersForImport: 5 }; got "azure".',
    ]);
  });

  it("takes Regions of every partition", async () => {
    for (const region of ["us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-iso-east-1"]) {
      const withoutRoles = { assumeRole: undefined, webIdentity: undefined };
      assert.deepEqual(await check({ keyCollection: region, ...withoutRoles }), []);
    }
  });

  it("knows of one kind of provider", async () => {
    assert.deepEqual(await check({ provider: "azurekeyvault" }), [
      'Expected `provider` to be "awskms"; what came is not. AWS KMS is the only kind of KMS.',
    ]);
  });

  it("refuses an aliasPrefix that cannot stand in an alias", async () => {
    for (const [prefix, wrong] of [
      ["", "is empty"],
      ["my keys", "has another one at place 3"],
      ["café", "has another one at place 4"],
      ["a:b", "has another one at place 2"],
    ]) {
      assert.deepEqual(await check({ aliasPrefix: prefix }), [
        `Expected \`aliasPrefix\` to hold only letters, digits, "/", "_" and "-", because it becomes part of a KMS alias; what came ${wrong}.`,
      ]);
    }
  });

  it("refuses an aliasPrefix in AWS's own part of the aliases", async () => {
    for (const prefix of ["aws", "aws/keys"]) {
      assert.deepEqual(await check({ aliasPrefix: prefix }), [
        `Expected \`aliasPrefix\` not to be under "aws", which is reserved for AWS's own keys; what came is.`,
      ]);
    }
    assert.deepEqual(await check({ aliasPrefix: "awsome/keys_1" }), []);
  });

  it("refuses a wrapping key that AWS KMS does not make", async () => {
    assert.deepEqual(await check({ wrappingKeySpec: "RSA_1024" }), [
      'Expected `wrappingKeySpec` to be "RSA_4096" or "RSA_3072" or "RSA_2048"; what came is not.',
    ]);
  });

  it("refuses incomplete credentials, without showing them", async () => {
    assert.deepEqual(await check({ "credentials.secretKey": undefined }), [
      "Expected `credentials` to have `secretKey`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
    assert.deepEqual(await check({ credentials: {} }), [
      "Expected `credentials` to have `accessKey`, which is missing; the output of a resource that `--target` leaves out is missing too.",
      "Expected `credentials` to have `secretKey`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
    assert.deepEqual(await check({ credentials: `${credentials.accessKey}:${credentials.secretKey}` }), [
      "Expected `credentials` to be of type object.",
    ]);
  });

  it("refuses an endpoint over http that is not this machine", async () => {
    for (const endpoint of ["http://localstack:4566", "http://kms.{region}.amazonaws.com"])
      assert.match(
        (await check({ endpoint }))[0] ?? "",
        /^Expected `endpoint` to be an https URL, or an http URL of/,
      );
    for (const endpoint of ["http://127.0.0.1:4599", "https://kms.corp.example", UNKNOWN])
      assert.deepEqual(await check({ endpoint }), []);
  });

  it("refuses an endpoint that is no URL", async () => {
    const expected = (wrong: string) =>
      `Expected \`endpoint\` to be an http or https URL, such as https://kms.{region}.amazonaws.com, got one ${wrong}. It is not shown here, in case it holds a password.`;
    for (const [endpoint, wrong] of [
      ["kms.example.com", "that cannot be read"],
      ["ftp://kms.example.com", "that does not begin with http:// or https://"],
      ["https://{host}/", "with another placeholder than {region}"],
      ["https://user:hush@kms.example.com", "with a user name or password"],
    ] as const) {
      assert.deepEqual(await check({ endpoint }), [expected(wrong)]);
    }
  });

  it("takes a map of endpoints, which must have the Region of `keyCollection`", async () => {
    const endpoint = {
      "us-west-1": "https://vpce-0a.kms.us-west-1.vpce.amazonaws.com",
      "eu-west-1": "https://vpce-0b.kms.eu-west-1.vpce.amazonaws.com",
    };
    assert.deepEqual(await check({ endpoint }), []);
    assert.deepEqual(await check({ endpoint: { ...endpoint, "us-west-1": UNKNOWN } }), []);
    assert.deepEqual(await check({ endpoint, keyCollection: UNKNOWN }), []);
    const [lacking, ...others] = await check({ endpoint, keyCollection: "us-east-1" });
    assert.match(
      lacking!,
      /a map from Region to URL, to name one for us-east-1; it names us-west-1, eu-west-1\./,
    );
    const wrong = { ...endpoint, "eu-wset-1": "https://x", "eu-west-2": "http://hush.example" };
    const mistakes = await check({ endpoint: wrong });
    assert.match(mistakes[0]!, /^Expected the keys of `endpoint` .* did you mean "eu-west-1"/);
    assert.match(mistakes[1]!, /^Expected `endpoint\["eu-west-2"\]` to be an https URL/);
    assert.deepEqual([others.length, mistakes.length], [0, 2]);
    assert.deepEqual(await check({ endpoint: ["https://x"] }), [
      "Expected `endpoint` to be of type string or object, got array.",
    ]);
  });

  it("refuses tags under reserved prefixes, too long or too many", async () => {
    assert.deepEqual(await check({ tags: { "aws:owner": "x" } }), [
      'Expected `tags` without the reserved prefixes "aws:" and "keymgmt:", got the key "aws:owner".',
    ]);
    assert.deepEqual(await check({ tags: { "keymgmt:key": "x" } }), [
      'Expected `tags` without the reserved prefixes "aws:" and "keymgmt:", got the key "keymgmt:key".',
    ]);
    assert.deepEqual(await check({ tags: { ["k".repeat(129)]: "x" } }), [
      "Expected the keys of `tags` to have 128 characters at the most, got 129.",
    ]);
    assert.deepEqual(await check({ tags: { app: "v".repeat(257) } }), [
      'Expected the value of tag "app" to have 256 characters at the most, got 257.',
    ]);
    const many = Object.fromEntries(Array.from({ length: 47 }, (_, i) => [`tag${i}`, "x"]));
    assert.deepEqual(await check({ tags: many }), ["Expected `tags` to hold 46 tags at the most, got 47."]);
    delete many.tag0;
    delete many.tag1;
    assert.deepEqual(
      await check({ tags: { ...many, tag2: "v".repeat(256), ["k".repeat(128)]: "x", tag3: undefined } }),
      [],
    );
  });

  it("tells every mistake at once", async () => {
    assert.deepEqual(await check({ keyCollection: "global", aliasPrefix: "a b", provider: "gcpckms" }), [
      'Expected `provider` to be "awskms"; what came is not. AWS KMS is the only kind of KMS.',
      'Expected `keyCollection` to be an AWS Region such as "us-east-1"; what came is none.',
      'Expected `aliasPrefix` to hold only letters, digits, "/", "_" and "-", because it becomes part of a KMS alias; what came has another one at place 2.',
    ]);
  });

  it("says nothing about the tags of which one is not known yet, but for the others", async () => {
    assert.deepEqual(await check({ tags: { a: UNKNOWN, "aws:b": UNKNOWN } }), [
      'Expected `tags` without the reserved prefixes "aws:" and "keymgmt:", got the key "aws:b".',
    ]);
  });
});
