import assert from "node:assert/strict";
import type { StackState } from "../../cli/state/stack";
import { goneNote } from "../../cli/status/gone";
import type { Observations } from "../../cli/status/observe";
import type { KmsKeyRecords } from "../../provider/state/types";
import { localKms, Program } from "../world/program";
import { exportOf, fileOf, keymgmt } from "./support";

describe("keymgmt status, where AWS knows none of a stack's KMS keys", function () {
  this.timeout(60_000);

  /** A stack with one KMS key, and what is seen of it. */
  function noteOf(seen: { state?: "Deleted" | "Enabled"; endpoint?: string; title?: string }) {
    const region = { versions: [{ keyId: "a", keyArn: "arn-a" }] };
    const keys = new Map(seen.state === undefined ? [] : [["a", { state: seen.state }]]);
    const observed = { keys, accountId: "111122223333", endpoint: seen.endpoint };
    const observations = new Map([[region, seen.state === undefined ? { unseen: "no answer" } : observed]]);
    const state = { title: seen.title ?? "shop/dev", regions: [region] };
    return goneNote(state as unknown as StackState, observations as unknown as Observations);
  }

  it("says at a local KMS that a restart does this, and how to begin again, and promises no replica", async () => {
    const local = await localKms();
    const program = new Program(local);
    const env = { AWS_ENDPOINT_URL_KMS: local.url };
    await program.up({ key: { replicaRegions: ["eu-west-1"] }, replicas: ["eu-west-1"] });
    const state = await fileOf(exportOf(program));
    const { keyId } = (program.outputs("distribution").versions as KmsKeyRecords)[1]!;
    await local.close();
    const again = await localKms({}, { port: Number(new URL(local.url).port) });
    const { code, stdout } = await keymgmt(["status", "--state", state], { env });
    const json = await keymgmt(["status", "--json", "--state", state], { env });
    await again.close();
    assert.equal(
      stdout.slice(stdout.indexOf("\n\nNone")),
      `

None of the 2 KMS keys of this stack is there, in account 111122223333 at
${local.url}. Check that this is the endpoint of the stack: it may be
a tunnel, or come from an AWS_ENDPOINT_URL that is set by mistake. A local KMS
that runs without \`--data\` has none after a restart, and no update makes them
again. The material is in this state, and goes with it: to keep it, \`keymgmt
export\` first. To begin again with an empty stack of the same configuration:
\`pulumi stack rm dev --force --preserve-config\`, \`pulumi stack init dev\`,
\`pulumi up\`.
To delete a key: \`deletionAllowed: true\` on the ManagedKey, then \`pulumi up\`.

4 differences: no update repairs them.
`,
    );
    assert.doesNotMatch(stdout, /replicates|--refresh/);
    assert.equal(code, 3);
    const [stack] = JSON.parse(json.stdout).stacks;
    assert.equal(stack.gone, true);
    assert.match(stack.notes[0], /^None of the 2 KMS keys/);
    assert.equal(stack.keys[0].distributions[0].regions[0].versions[0].keyId, keyId);
  });

  it("says elsewhere what to check, and how to go on with new KMS keys", () => {
    for (const endpoint of [undefined, "https://kms.example"]) {
      const note = noteOf({ state: "Deleted", endpoint })!;
      assert.ok(
        note.startsWith(
          `None of the 1 KMS key of this stack is there, in account 111122223333 at ${endpoint ?? "AWS's own endpoints"}. Check that this is the account and the endpoint of the stack.`,
        ),
        note,
      );
      assert.match(
        note,
        /rotate each key by a new `rotationTrigger`, and set its `minEnabledVersion` to the new version, in one `pulumi up --refresh`/,
      );
      assert.doesNotMatch(note, /stack rm|local KMS/);
    }
  });

  it("says nothing of it while one is there, or is not known", () => {
    assert.equal(noteOf({ state: "Enabled" }), undefined);
    assert.equal(noteOf({}), undefined);
    assert.equal(goneNote({ regions: [] } as unknown as StackState, new Map()), undefined);
  });

  it("puts no name into a command that a shell would run as more than a name", () => {
    const endpoint = "http://127.0.0.1:4599";
    assert.match(noteOf({ state: "Deleted", endpoint })!, /`pulumi stack init dev`/);
    const hostile = noteOf({ state: "Deleted", endpoint, title: "shop/$(id)" })!;
    assert.match(hostile, /`pulumi stack init NAME`/);
    assert.ok(!hostile.includes("$("));
  });
});
