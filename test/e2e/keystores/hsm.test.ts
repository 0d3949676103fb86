import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { GetPublicKeyCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../local-kms/src/index";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { SoftHsm } from "../../provider/keys/keystores/hsm/softHsm";
import { Application } from "../../world/application";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project } from "../support";
import { assertNoSecret, assertNoSecretIn } from "../support/planted";

/** Everything that Pulumi can be made to print about a run, the calls between its processes included. */
const LOUD = ["--logtostderr", "--logflow", "-v=11"];

function program(url: string, keystore: string, more: object = {}, name = "orders"): string {
  const key = { keystore, replicaRegions: ["eu-west-1"], ...more };
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("${name}", ${JSON.stringify(key)});
    const distribution = new KeyDistribution("orders-prod", { kms, key });
    distribution.replicate();
    const signing = new ManagedKey("signing", { type: "ecdsa-p384", keystore: "${keystore}" });
    const signer = new KeyDistribution("signing-prod", { kms, key: signing });
    exports.signer = { publicKey: signing.versions[0].publicKey, keyId: signer.keyId };
    exports.kcvs = key.versions.apply((versions) => versions.map(({ kcv }) => kcv));
    exports.versions = distribution.versions;
    exports.aliasName = distribution.aliasName;
  `;
}

describe("a key in an HSM, on the real engine", function () {
  this.timeout(300_000);
  let hsm: SoftHsm;
  let pin: string;
  let owner: Record<string, string>;
  let local: LocalKms;
  let project: Project;
  let calls: string[] = [];
  let fails: string | undefined;

  before(async function () {
    hsm = (await SoftHsm.openerOr(this))();
    pin = randomBytes(12).toString("hex");
    owner = { HSM_PIN: pin };
    hsm.newToken(pin);
    local = await startLocalKms({
      config: {
        replicaCreatingMillis: 50,
        intercept: ({ operation }) => {
          calls.push(operation);
          if (operation !== fails) return undefined;
          fails = undefined;
          return { error: { name: "AccessDeniedException", message: "not now" } };
        },
      },
    });
    const env = {
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      SOFTHSM2_CONF: hsm.conf,
    };
    project = await openProject({ program: program(local.url, hsm.uri()), env });
  });
  beforeEach(() => {
    calls = [];
  });
  after(async () => {
    await project?.close();
    await local?.close();
    hsm?.close();
  });

  const outputs = async () => (await project.stackOutput()).json;
  const keyring = async () => {
    const { json } = await project.stackExport({ showSecrets: true });
    const managed = json.deployment.resources.find(({ urn }: { urn: string }) =>
      /:ManagedKey::(orders|bills)$/.test(urn),
    );
    return JSON.parse(JSON.parse(managed.outputs.keyring.plaintext));
  };
  const secrets = () => {
    const { "signing v1": signing, ...materials } = hsm.materials(pin);
    const { d } = createPrivateKey({ key: signing!, format: "der", type: "pkcs8" }).export({ format: "jwk" });
    return { "the PIN": Buffer.from(pin), "the private key": Buffer.from(d!, "base64url"), ...materials };
  };
  const signs = async () => {
    const { publicKey, keyId } = (await outputs()).signer;
    const { PublicKey } = await new Application(local, "us-west-1").send(
      new GetPublicKeyCommand({ KeyId: keyId }),
    );
    const pem = createPublicKey({ key: Buffer.from(PublicKey!), format: "der", type: "spki" });
    assert.equal(pem.export({ format: "pem", type: "spki" }), publicKey);
  };
  const change = (more: object, keystore = hsm.uri()) =>
    project.setProgram(program(local.url, keystore, more));
  const serves = async () => {
    const { aliasName } = await outputs();
    const encrypted = await new Application(local, "us-west-1").encrypt(aliasName, "order 1");
    assert.equal((await new Application(local, "eu-west-1").decrypt(encrypted)).text, "order 1");
  };

  it("is made there when an update comes, not when a preview does, and goes to every Region", async () => {
    await project.preview({ env: { HSM_PIN: "not asked for" } });
    assert.deepEqual(hsm.materials(pin), {});
    const { stdout, stderr } = await project.up({ env: owner, args: LOUD });
    assert.deepEqual((await outputs()).kcvs, [keyCheckValue(hsm.materials(pin)["orders v1"]!)]);
    await serves();
    await signs();
    assertNoSecret("what Pulumi prints", stdout + stderr, secrets());
  });

  it("is rotated there; an update that failed in AWS goes on with the key that was made", async () => {
    await change({ rotationTrigger: "2" });
    fails = "ImportKeyMaterial";
    await project.up({ fails: true, env: owner });
    const made = hsm.materials(pin);
    await project.up({ env: owner });
    assert.deepEqual(hsm.materials(pin), made);
    assert.deepEqual(
      (await outputs()).kcvs,
      ["orders v1", "orders v2"].map((label) => keyCheckValue(made[label]!)),
    );
    await serves();
  });

  it("is not asked for where nothing is made or imported", async () => {
    const before = await keyring();
    const away = { HSM_PIN: "not asked for", SOFTHSM2_CONF: "/nowhere" };
    await project.refresh({ env: away });
    await change({ rotationTrigger: "2", minEnabledVersion: 2 });
    calls = [];
    await project.up({ env: away });
    assert.deepEqual(
      [...new Set(calls)].filter((call) => /Import|Create/.test(call)),
      [],
    );
    assert.deepEqual(await keyring(), before);
  });

  it("is not made with a wrong PIN, which the token is asked with once", async () => {
    const before = await keyring();
    await change({ rotationTrigger: "3", minEnabledVersion: 2 });
    const wrong = randomBytes(12).toString("hex");
    const refused = await project.up({ fails: true, env: { HSM_PIN: wrong } });
    const said = refused.stdout + refused.stderr;
    assert.match(said, /C_Login answered CKR_PIN_INCORRECT to the PIN from `pin-source`\. It was not tried/);
    assertNoSecret("what Pulumi prints", said, { "the wrong PIN": Buffer.from(wrong), ...secrets() });
    assert.deepEqual(await keyring(), before);
  });

  it("does not leave the HSM: the preview says so", async () => {
    await change({ rotationTrigger: "2", minEnabledVersion: 2 }, "state");
    const { stdout, stderr } = await project.preview({ fails: true });
    assert.match(stdout + stderr, /Expected `keystore` to stay an HSM \(pkcs11:\), got "state"/);
  });

  it("leaves nothing of it, nor the PIN, to who holds the stack's passphrase and every file of its backend", async () => {
    const exported = await project.stackExport({ showSecrets: true });
    assertNoSecret("the decrypted state", exported.stdout, secrets());
    await assertNoSecretIn(project.folder.state, secrets());
    assert.match(exported.stdout, /pin-source=env:\/\/HSM_PIN/);
  });

  it("comes there from the state, and AWS is not asked", async () => {
    await project.pulumi(["stack", "init", "in-the-state"]);
    const change = (more: object, keystore = hsm.uri()) =>
      project.setProgram(program(local.url, keystore, more, "bills"));
    await change({}, "state");
    await project.up();
    const before = await outputs();
    const [{ k }] = (await keyring()).keys;
    calls = [];
    await change({});
    const { stdout } = await project.up({ env: owner, args: ["--diff"] });
    assert.match(stdout, /keystore/);
    assert.deepEqual(calls, []);
    assert.deepEqual(await outputs(), before);
    const exported = await project.stackExport({ showSecrets: true });
    assertNoSecret("the decrypted state", exported.stdout, { "version 1": Buffer.from(k, "base64url") });
    await change({ rotationTrigger: "2" });
    await project.up({ env: owner });
    await serves();
    assert.equal((await outputs()).kcvs.length, 2);
  });
});
