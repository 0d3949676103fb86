import assert from "node:assert/strict";
import { allowsRole, allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import { ABROAD, HOME, recordsOf, useScene } from "../../../world/scene";

const policyFor = (role: string) => keyPolicy(allowsRoot(), allowsRole(role));

describe("a key policy that names a role which was made moments ago", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();

  const up = (role: string) =>
    program.up({
      key: { replicaRegions: [ABROAD] },
      replicas: [ABROAD],
      distribution: { policy: policyFor(role) },
      replica: { policy: policyFor(role) },
    });
  const refused = (operation: string, message?: string) => ({
    operation,
    times: 1,
    error: { name: "MalformedPolicyDocumentException", ...(message !== undefined && { message }) },
  });
  const UNKNOWN = "Policy contains a statement with one or more invalid principals.";

  for (const operation of ["CreateKey", "ReplicateKey", "PutKeyPolicy"])
    it(`is sent again in ${operation} until AWS KMS knows the role: one update does it`, async () => {
      if (operation === "PutKeyPolicy") await up("before");
      await scene.local.setFaults([refused(operation, UNKNOWN)]);
      const calls = await scene.callsOf(() => up("api"));
      const calledOnceMore = { CreateKey: 2, ReplicateKey: 2, PutKeyPolicy: 3 }[operation];
      assert.equal(calls[operation], calledOnceMore);
      assert.match(scene.said(), /does not know a principal of the key policy of key "orders"/);
      assert.equal(Object.keys(recordsOf(program)).length, 1);
      for (const region of [HOME, ABROAD]) assert.equal((await scene.kmsKeys(region)).length, 1);
      assert.deepEqual(await scene.callsOf(() => up("api")), {});
    });

  it("fails at once for any other fault, also where it quotes what reads like this one", async () => {
    for (const message of [
      "The new key policy will not allow you to update the key policy in the future.",
      `Syntax error in statement ${JSON.stringify(UNKNOWN)}`,
      `${UNKNOWN} is not a Sid`,
    ]) {
      await scene.local.setFaults([refused("CreateKey", message)]);
      const calls = await scene.callsOf(() => assert.rejects(up("api"), /MalformedPolicyDocumentException/));
      assert.equal(calls.CreateKey, 1);
      assert.doesNotMatch(scene.said(), /does not know a principal/);
    }
  });
});
