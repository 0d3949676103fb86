import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { localKms, Program } from "../world/program";
import { type Clients, clientsOr } from "./support";

const ENCRYPT =
  "print(json.dumps(base64.b64encode(kms.encrypt(KeyId=sys.argv[1], Plaintext=sys.argv[2].encode())['CiphertextBlob']).decode()))";
const DECRYPT =
  "print(json.dumps(kms.decrypt(CiphertextBlob=base64.b64decode(sys.argv[1]))['Plaintext'].decode()))";

describe("clients that others wrote judge distributed keys", function () {
  this.timeout(120_000);
  let clients: Clients;
  let local: LocalKms;
  let program: Program;

  before(async function () {
    clients = await clientsOr(this);
    local = await localKms();
    program = new Program(local);
    await program.up({
      key: { replicaRegions: ["eu-west-1"], rotationTrigger: "a" },
      replicas: ["eu-west-1"],
    });
  });
  after(() => local?.close());

  const alias = () => String(program.outputs("distribution").aliasName);
  const at = (region: string) => ({
    endpoint: local.url,
    region,
    accessKeyId: "111122223333",
    secretAccessKey: "secret",
  });

  it("boto3 encrypts through the alias in each Region and decrypts in the other, before and after a rotation", async () => {
    const early = await clients.boto3(at("us-west-1"), ENCRYPT, [alias(), "early"]);
    assert.equal(await clients.boto3(at("eu-west-1"), DECRYPT, [early]), "early");
    await program.up({
      key: { replicaRegions: ["eu-west-1"], rotationTrigger: "b" },
      replicas: ["eu-west-1"],
    });
    assert.equal(await clients.boto3(at("eu-west-1"), DECRYPT, [early]), "early");
    const late = await clients.boto3(at("eu-west-1"), ENCRYPT, [alias(), "late"]);
    assert.equal(await clients.boto3(at("us-west-1"), DECRYPT, [late]), "late");
  });

  it("the AWS CLI sees one alias a Region, on the latest version's KMS key", async () => {
    for (const region of ["us-west-1", "eu-west-1"]) {
      const { Aliases } = await clients.awsKms(at(region), "list-aliases");
      const { versions } = program.outputs("distribution") as { versions: Record<string, { keyId: string }> };
      assert.deepEqual(
        Aliases.map((found: { AliasName: string; TargetKeyId: string }) => [
          found.AliasName,
          found.TargetKeyId,
        ]),
        [[alias(), versions[2]!.keyId]],
      );
    }
  });
});
