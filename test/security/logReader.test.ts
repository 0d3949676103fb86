/** Whoever reads what a preview, an update or the command prints: in a CI log, a pull request, a terminal's history. */
import assert from "node:assert/strict";
import { TagResourceCommand, UpdateKeyDescriptionCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { Interception, LocalKms } from "../../local-kms/src/index";
import { dynamicProvider } from "../../provider/dynamic";
import type { Values } from "../../provider/resources/resource";
import { resourceSpec } from "../../provider/schema/definition";
import type { KmsKeyRecords } from "../../provider/state/types";
import { clientOf, exportOf, keymgmt, secret as marked } from "../cli/support";
import { inputs, inputsOf, pathsIn, providers, types } from "../provider/resources/goodInputs";
import { localKms, Program } from "../world/program";

/** What people paste into the wrong place: part of it is looked for. */
const ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRETS = {
  "an access key id": ACCESS_KEY,
  "a secret key": `wJalr!XUtn/${ACCESS_KEY}+bPx=`,
  "a PEM": `-----BEGIN PRIVATE KEY-----\n${ACCESS_KEY}\n-----END PRIVATE KEY-----`,
};

/** Any text is one of these, or they are names that AWS or the state has too; a map's keys are its owner's. */
const FREE =
  /(^|\.)(name|keyName|keyId|id|profile|roleArn|sessionName|externalId|tokenFile|tags|description|rotationTrigger|stack|accountId|versions|quotas|aliasName|aliasArn|distributionTime|credentials|aliasPrefix|endpoint)(\.|$)/;

describe("whoever reads a log", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let failing: Record<string, Interception>;
  let printed: sinon.SinonStub;

  beforeEach(async () => {
    failing = {};
    local = await localKms({ intercept: ({ operation }) => failing[operation] });
    printed = sinon.stub(console, "error");
  });
  afterEach(async () => {
    sinon.restore();
    await local.close();
  });

  const showsNone = (where: string, text: string, secret = ACCESS_KEY) =>
    assert.ok(!text.includes(secret), `${where}: ${text}`);
  const failureOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => assert.fail("it was done"),
      (error: Error) => error,
    );

  for (const [what, secret] of Object.entries(SECRETS))
    it(`finds none in what a preview refuses: ${what} as any value, in the place of any other, and as a name`, async () => {
      for (const type of types)
        for (const path of pathsIn(inputs[type]))
          for (const [form, value] of Object.entries({
            text: secret,
            list: [secret],
            name: { [secret]: secret },
          })) {
            if (form === "text" && FREE.test(path)) continue;
            if (form === "name" && /tags|quotas|versions/.test(path)) continue;
            const { failures } = await providers[type].check!(
              {},
              { ...inputsOf(type, { [path]: value }), isPreview: true },
            );
            for (const { reason } of failures ?? []) showsNone(`${type}.${path} as ${form}`, reason);
          }
      for (const [type, changes] of [
        ["KmsProvider", { keyCollection: secret }],
        ["KmsProvider", { aliasPrefix: `${secret} !` }],
        ["ManagedKey", { rotationPeriod: secret }],
        ["ManagedKey", { keystore: `awskms://alias/a?region=us-east-1&secret=${secret}` }],
        ["ManagedKey", { keystore: `pkcs11:token=a?${secret}` }],
        [
          "ManagedKey",
          { keystore: `pkcs11:token=a?module-path=/l.so&pin-source=env://A&pin-value=${secret}` },
        ],
        [
          "ManagedKey",
          { restore: { from: "env://A", passphrase: "env://B", kcvs: ["0123456789"], rotatedOn: secret } },
        ],
        ["KeyDistribution", { validFor: secret }],
        ["KeyDistribution", { adopt: { aliasName: secret } }],
        ["KeyDistribution", { adopt: { versions: { [secret]: "a" } } }],
        ["KeyDistribution", { adopt: { versions: { 1: "a" }, kcvs: { [secret]: "0123456789" } } }],
      ] as [keyof typeof inputs, Values][]) {
        const { failures } = await providers[type].check!(
          {},
          { ...inputsOf(type, changes), isPreview: true },
        );
        assert.ok(failures!.length > 0, `${type} ${JSON.stringify(changes)}`);
        for (const { reason } of failures!) showsNone(`${type} ${JSON.stringify(changes)}`, reason);
      }
    });

  for (const [what, key] of Object.entries({
    "a key after env://": { material: `env://${ACCESS_KEY}`, keystore: "none" },
    "a key in the place of a path": { material: `file:///${ACCESS_KEY}`, keystore: "none" },
    "a password among a command's arguments": { material: `exec:/none -p ${ACCESS_KEY}`, keystore: "none" },
    "a password before a command": { material: `exec:PASSWORD=${ACCESS_KEY} vault read`, keystore: "none" },
    "a key as the root key's variable": { keystore: `env://${ACCESS_KEY}` },
    "a key as the root key's file": { keystore: `file:///keys/${ACCESS_KEY}` },
    "a key in the place of a backup": {
      restore: {
        from: `env://${ACCESS_KEY}`,
        passphrase: "env://NONE",
        kcvs: ["0123456789"],
        fingerprint: "0".repeat(64),
      },
    },
    "a key in the place of a passphrase's variable": {
      restore: {
        from: "env://PATH",
        passphrase: `env://${ACCESS_KEY}`,
        kcvs: ["0123456789"],
        fingerprint: "0".repeat(64),
      },
    },
  }))
    it(`finds none in the failure of an update that was given ${what}`, async () => {
      const provider = dynamicProvider(new Program(local).resource("managedKey"));
      const { inputs: checked, failures } = await provider.check!(
        {},
        inputsOf("ManagedKey", { material: undefined, ...key }),
      );
      assert.deepEqual(failures, []);
      const error = await failureOf(provider.create(checked));
      assert.match(error.message, /^Expected /);
      showsNone(what, `${error.message}${error.stack}${printed.args.join("\n")}`);
    });

  /** As the SDK sends them. */
  const metadata = {
    description: `about ${ACCESS_KEY}`,
    tags: { [`team-${ACCESS_KEY}`]: `of ${ACCESS_KEY}` },
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Sid: ACCESS_KEY, Effect: "Allow", Principal: { AWS: "*" }, Action: "kms:*", Resource: "*" },
      ],
    }),
    ...("secretInputs" in resourceSpec("KeyDistribution").inputProperties && {
      secretInputs: ["tags", "description", "policy"],
    }),
  };

  it("finds no tag and no description that the program marks secret in drift, a preview or status", async () => {
    const program = new Program(local);
    await program.up({ distribution: metadata });
    const KeyId = (program.outputs("distribution").versions as KmsKeyRecords)[1]!.keyId;
    const client = clientOf(local, "us-west-1");
    const [name] = Object.keys(metadata.tags);
    await client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: `once ${ACCESS_KEY}` }));
    await client.send(
      new TagResourceCommand({ KeyId, Tags: [{ TagKey: name, TagValue: `was ${ACCESS_KEY}` }] }),
    );
    const drift = await program.refreshAll();
    assert.equal(drift.length, 2, drift.join("\n"));
    showsNone("drift", `${drift.join("\n")}${printed.args.join("\n")}`);
    const state = JSON.parse(exportOf(program));
    for (const { outputs } of state.deployment.resources)
      for (const property of ["description", "policy"])
        if (outputs[property]) outputs[property] = marked("v1:abc");
    for (const { outputs } of state.deployment.resources)
      if (outputs.tags) outputs.tags = { [`team-${ACCESS_KEY}`]: marked("v1:abc") };
    const { stdout, stderr } = await keymgmt(["status", "--state", "-"], { input: JSON.stringify(state) });
    showsNone("status", stdout + stderr);
  });

  it("finds none of them in what AWS says of a call, nor in what a preview refuses", async () => {
    const program = new Program(local);
    await program.up({});
    const { id, inputs: before, outputs } = program.states.get("distribution")!;
    program.begin();
    const resource = program.resource("keyDistribution");
    const provider = dynamicProvider(resource);
    const key = { ...(before.key as object), keyring: program.outputs("key").keyring };
    const { inputs: news } = await resource.check(before, { ...before, ...metadata, key });
    for (const [operation, message] of Object.entries({
      TagResource: `1 validation error detected: Value 'of ${ACCESS_KEY}' at 'tags.1.member.tagValue' failed to satisfy constraint`,
      PutKeyPolicy: `Statement ${ACCESS_KEY} of the policy is not valid`,
      UpdateKeyDescription: `The description about ${ACCESS_KEY} is too long`,
    })) {
      failing = { [operation]: { error: { name: "ValidationException", message } } };
      const error = await failureOf(provider.update!(id, outputs, news));
      assert.match(error.message, new RegExp(`kms:${operation} `));
      showsNone(operation, `${error.message}${error.stack}`);
    }
    const tags = { [`aws:${ACCESS_KEY}`]: "a", [`team-${ACCESS_KEY}`]: "x".repeat(300) };
    const { failures } = await provider.check!(before, { ...news, tags });
    assert.equal(failures!.length, 2);
    for (const { reason } of failures!) showsNone("a refused tag", reason);
  });

  for (const [what, args] of Object.entries({
    "a password in an option that there is not": ["export", `-p${ACCESS_KEY}`],
    "a command that there is not": [ACCESS_KEY],
    "an argument too many": ["status", ACCESS_KEY],
    "a number that is none": ["sweep", "--days", ACCESS_KEY],
    "an account that is none": ["iam-policy", "--account-id", ACCESS_KEY],
    "a passphrase itself": ["import", "a.jwe", "--passphrase", ACCESS_KEY],
    "an identity itself": ["import", "a.jwe", "--identity", SECRETS["a PEM"]],
    "a backup that is none": ["import", ACCESS_KEY, "--passphrase", "env://PATH"],
    "a recipient itself": ["export", "--key", "a", "--out", "-", "--recipient", SECRETS["a PEM"]],
    "a variable's value": ["export", "--key", "a", "--out", "-", "--passphrase", `env://${ACCESS_KEY}`],
    "a state that is no file": ["status", "--state", ACCESS_KEY],
    "a config that is no file": ["local-kms", "--config", ACCESS_KEY],
  }))
    it(`finds none in what the command says of ${what}`, async () => {
      const { code, stdout, stderr } = await keymgmt(args);
      assert.notEqual(code, 0);
      showsNone(what, stdout + stderr);
    });
});
