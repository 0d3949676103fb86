/** Whoever can write a text that is shown: a description or tag in AWS, an answer of an endpoint, a state, a backup. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TagResourceCommand, UpdateKeyDescriptionCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { Interception, LocalKms } from "../../local-kms/src/index";
import { dynamicProvider } from "../../provider/dynamic";
import { fingerprintOf } from "../../provider/keys/backup/backup";
import type { KmsKeyRecords } from "../../provider/state/types";
import { clientOf, type Ended, exportOf, keymgmt } from "../cli/support";
import { temporaryFolder } from "../temporaryFolders";
import { backUp, forgetBackup } from "../world/backup";
import { localKms, Program } from "../world/program";

/** Clears the screen, writes its title and clipboard, turns a line round, and ends a line, a table or a code block of Markdown. */
const STEERING =
  "\u001b[2J\u001b]0;owned\u0007\u001b]52;c;cm0gLXJm\u0007\u009b31m\u202egnp.exe\u2066\u200b\u2028\r\n```\n| **No drift.** | <img src=x> |\n\u007f";
const LINES = ["```", "| **No drift.**", "No drift."];

/** Everything but printable characters and ends of lines. */
const UNSEEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;

describe("whoever writes a text that is shown", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let program: Program;
  let failing: Record<string, Interception>;
  let printed: sinon.SinonStub;

  beforeEach(async () => {
    failing = {};
    local = await localKms({ intercept: ({ operation }) => failing[operation] });
    program = new Program(local);
    await program.up({ distribution: { description: "orders" } });
    printed = sinon.stub(console, "error");
  });
  afterEach(async () => {
    sinon.restore();
    forgetBackup();
    await local.close();
  });

  const keyId = () => (program.outputs("distribution").versions as KmsKeyRecords)[1]!.keyId;
  const client = () => clientOf(local, "us-west-1");

  /** The text is there, on a line of its own and without anything that a terminal does not show. */
  function isHarmless(text: string): void {
    assert.match(text, /owned/);
    assert.doesNotMatch(text, UNSEEN);
    for (const line of text.split("\n"))
      for (const forged of LINES) assert.ok(!line.trimStart().startsWith(forged), line);
  }
  const areHarmless = ({ stdout, stderr }: Ended) => isHarmless(stdout + stderr);

  it("steers no terminal by a description in AWS that drifted: refresh, state, status", async () => {
    await client().send(new UpdateKeyDescriptionCommand({ KeyId: keyId(), Description: STEERING }));
    const drift = await program.refreshAll();
    isHarmless(drift.join("\n"));
    isHarmless(printed.args.join("\n"));
    const env = { AWS_ENDPOINT_URL_KMS: local.url };
    areHarmless(await keymgmt(["status", "--state", "-"], { input: exportOf(program), env }));
  });

  it("leaves JSON what it is", async () => {
    const named = `orders ${STEERING}`;
    const state = JSON.parse(exportOf(program));
    const key = state.deployment.resources.find(({ id }: { id: string }) => id.startsWith("orders-"));
    key.outputs.name = named;
    const input = JSON.stringify(state);
    const ended = await keymgmt(["status", "--state", "-", "--json", "--offline"], { input });
    areHarmless(ended);
    assert.deepEqual(
      JSON.parse(ended.stdout).stacks[0].keys.map(({ name }: { name: string }) => name),
      [named, "orders"],
    );
  });

  it("steers no terminal by tags of KMS keys: sweep, status of the account", async () => {
    const tags = [
      { TagKey: "keymgmt:stack", TagValue: STEERING },
      { TagKey: "keymgmt:distribution", TagValue: `orders ${STEERING}` },
    ];
    await client().send(new TagResourceCommand({ KeyId: keyId(), Tags: tags }));
    const endpoint = ["--endpoint", local.url];
    areHarmless(await keymgmt(["sweep", "--empty-stack", "a/b/c", "--region", "us-west-1", ...endpoint]));
    areHarmless(await keymgmt(["status", "--account", "--region", "us-west-1", ...endpoint]));
  });

  for (const command of [["status", "--offline"], ["status"], ["iam-policy"]])
    it(`steers no terminal by a state: ${command.join(" ")}`, async () => {
      const state = JSON.parse(exportOf(program));
      for (const { outputs } of state.deployment.resources) {
        if (outputs.aliasName && outputs.versions) outputs.aliasName = `alias/${STEERING}`;
        if (outputs.rotationTrigger === undefined && outputs.keyring) outputs.type = STEERING;
        if (outputs.keyring) outputs.formerStacks = [`organization/${STEERING}`];
      }
      const env = { AWS_ENDPOINT_URL_KMS: local.url };
      areHarmless(await keymgmt([...command, "--state", "-"], { input: JSON.stringify(state), env }));
    });

  it("steers no terminal by a state that is refused", async () => {
    const state = JSON.parse(exportOf(program));
    for (const resource of state.deployment.resources)
      if (resource.outputs.versions && resource.outputs.aliasName) {
        resource.urn = `urn:${STEERING}`;
        resource.outputs.versions = "none";
      }
    areHarmless(await keymgmt(["status", "--state", "-"], { input: JSON.stringify(state) }));
  });

  it("steers no terminal by an endpoint's answers: doctor, an update", async () => {
    const error = { name: "InvalidClientTokenId", message: STEERING };
    failing = { ListAliases: { error }, UpdateKeyDescription: { error } };
    areHarmless(await keymgmt(["doctor", "--region", "us-west-1", "--endpoint", local.url]));
    const { id, inputs, outputs } = program.states.get("distribution")!;
    const key = { ...(inputs.key as object), keyring: program.outputs("key").keyring };
    program.begin();
    const resource = program.resource("keyDistribution");
    const checked = await resource.check(inputs, { ...inputs, key, description: "other" });
    await assert.rejects(dynamicProvider(resource).update!(id, outputs, checked.inputs), (thrown: Error) => {
      isHarmless(thrown.message);
      isHarmless(thrown.stack!);
      return true;
    });
  });

  it("steers no terminal by a backup", async () => {
    await backUp(program, { stack: STEERING, madeAt: STEERING });
    const folder = await temporaryFolder();
    await writeFile(join(folder, "orders.jwe"), process.env.KEYMGMT_TEST_BACKUP!);
    await writeFile(join(folder, "owner.pem"), process.env.KEYMGMT_TEST_IDENTITY!);
    const identity = pathToFileURL(join(folder, "owner.pem")).href;
    const fingerprint = fingerprintOf(process.env.KEYMGMT_TEST_BACKUP!);
    const opened = ["--identity", identity, "--fingerprint", fingerprint];
    areHarmless(await keymgmt(["import", join(folder, "orders.jwe"), ...opened]));
  });

  it("steers no terminal by a file that was named so", async () => {
    const { stdout, stderr } = await keymgmt(["status", "--state", `owned ${STEERING}`]);
    assert.doesNotMatch(stdout + stderr, /owned/, "a mistake in the command line does not repeat values");
    areHarmless(await keymgmt(["local-kms", "--data", `/dev/null/owned ${STEERING}`, "--port", "0"]));
  });
});
