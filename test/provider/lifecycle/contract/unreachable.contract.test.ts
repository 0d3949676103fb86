import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DisableKeyCommand } from "@aws-sdk/client-kms";
import type { Interception } from "../../../../local-kms/src/index";
import { ABROAD, HOME, idsOf, useScene } from "../../../world/scene";
import { setEnvironment } from "../../kms/loopback";

const FAR = "ap-southeast-2";

describe("a Region that does not answer", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    await up();
    program.settings = { time: { connectMs: 2_000, requestMs: 2_000 }, retry: { firstPauseMs: 1 } };
  });

  const up = (rotationTrigger = "1") =>
    program.up({ key: { replicaRegions: [ABROAD, FAR], rotationTrigger }, replicas: [ABROAD, FAR] });
  /** Requests of a Region, or one operation of it, end so. */
  function down(region: string, how: Interception, operation?: string): void {
    scene.intercept = (request) => {
      asked.push(`${request.operation} ${request.region}`);
      const isHit = request.region === region && (operation ?? request.operation) === request.operation;
      return isHit ? how : undefined;
    };
  }
  const HANGING: Interception = { drop: "hang" };

  const SILENT: [string, Interception][] = [
    ["resets connections", { drop: "reset" }],
    ["hangs", HANGING],
    ["answers 503", { error: { name: "ServiceUnavailableException", status: 503 } }],
    ["answers 500", { error: { name: "KMSInternalException", status: 500 } }],
  ];
  for (const [name, how] of SILENT)
    it(`that ${name} fails no refresh: what it holds is as last known, and named`, async () => {
      const before = program.outputs(ABROAD);
      await scene.in(FAR).send(new DisableKeyCommand({ KeyId: idsOf(program)[0] }));
      scene.said();
      down(ABROAD, how);
      await program.refreshAll();
      assert.deepEqual(program.outputs(ABROAD), { ...before, notSeen: [ABROAD] });
      assert.deepEqual(program.outputs(FAR).drift, [`version 1 in ${FAR}: Disabled outside this stack`]);
      assert.deepEqual(
        [program.outputs(FAR).notSeen, program.outputs("distribution").notSeen],
        [undefined, undefined],
      );
      const lines = scene
        .said()
        .split("\n")
        .filter((line) => line.includes("does not answer"));
      assert.equal(lines.length, 1);
      assert.match(
        lines[0]!,
        /eu-west-1 does not answer \(\w+\): .*`notSeen`.*`unreachableRegions: \["eu-west-1"\]` of the KmsProvider/,
      );
      scene.intercept = () => undefined;
      await program.refreshAll();
      assert.equal(program.outputs(ABROAD).notSeen, undefined);
    });

  it("keeps the drift that was last seen, and nothing that half of the calls answered", async () => {
    const [KeyId] = idsOf(program);
    await scene.in(ABROAD).send(new DisableKeyCommand({ KeyId }));
    await program.refreshAll();
    const before = program.outputs(ABROAD);
    assert.deepEqual(before.drift, [`version 1 in ${ABROAD}: Disabled outside this stack`]);
    await up();
    const repaired = program.outputs(ABROAD);
    await scene.in(ABROAD).send(new DisableKeyCommand({ KeyId }));
    down(ABROAD, HANGING, "ListResourceTags");
    await program.refreshAll();
    assert.deepEqual(program.outputs(ABROAD), { ...repaired, notSeen: [ABROAD] });
    assert.ok(asked.includes(`DescribeKey ${ABROAD}`));
  });

  it("is asked once a run, and twice at the most", async () => {
    down(ABROAD, HANGING);
    program.begin();
    for (let time = 0; time < 20; time++) await program.refresh("keyReplica", ABROAD);
    const there = asked.filter((one) => one.endsWith(ABROAD));
    assert.ok(there.length <= 4, there.join()); // two calls at once, the alias and the KMS key, each sent twice
  });

  it("is no other thing: a denial, a throttling and a wrong signature are what they are", async () => {
    down(ABROAD, { error: { name: "AccessDeniedException" } });
    await program.refreshAll();
    assert.equal(program.outputs(ABROAD).notSeen, undefined);
    down(ABROAD, { error: { name: "InvalidSignatureException" } });
    await assert.rejects(program.refreshAll(), { code: "InvalidCredentials" });
    program.settings = { ...program.settings, retry: { throttledMs: 1 } };
    down(ABROAD, { error: { name: "ThrottlingException" } });
    await assert.rejects(program.refreshAll(), { code: "Throttled" });
  });

  describe("and has the role's STS", () => {
    let server: Server;
    let restore: () => void;
    beforeEach(async () => {
      server = createServer(() => {}).listen(0, "127.0.0.1");
      await once(server, "listening");
      for (const { outputs } of program.states.values()) {
        const kms = (outputs.distribution as { kms?: object })?.kms ?? outputs.kms;
        if (kms) Object.assign(kms, { assumeRole: { roleArn: "arn:aws:iam::111122223333:role/keymgmt" } });
      }
    });
    afterEach(() => {
      restore();
      server.closeAllConnections();
      server.close();
    });

    for (const [name, port] of [
      ["refuses connections", () => 1],
      ["hangs", () => (server.address() as AddressInfo).port],
    ] as const)
      it(`which ${name}, gives no credentials, and the refresh goes on all the same`, async () => {
        restore = setEnvironment({ AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port()}` });
        await program.refreshAll();
        assert.deepEqual(program.outputs("distribution").notSeen, [HOME]);
        assert.deepEqual(program.outputs(FAR).notSeen, [FAR]);
        assert.match(
          scene.said(),
          /us-west-1 does not answer \(\w+\): what ap-southeast-2 holds is shown as last known/,
        );
      });
  });

  it("fails an update, whose error names what lets it go on", async () => {
    program.settings = { ...program.settings, retry: { attempts: 2, firstPauseMs: 1 } };
    down(ABROAD, HANGING);
    await assert.rejects(
      up("2"),
      /kms:DescribeKey in eu-west-1 .* If eu-west-1 is down: `unreachableRegions: \["eu-west-1"\]` of the KmsProvider leaves that Region out of every call, and everything else works\.$/,
    );
    down(HOME, { drop: "reset" });
    await assert.rejects(
      up("2"),
      /If us-west-1 is down: `unreachableRegions: \["us-west-1"\]` of the KmsProvider leaves what it distributes as it is/,
    );
    scene.intercept = () => undefined;
    await up("2");
  });
});
