/** A backup of each kind of key, by the command: what is restored from it has the same keys and KMS keys. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fingerprintOf } from "../../provider/keys/backup/backup";
import { heldMaterial, parseKeyring, type VersionJwk } from "../../provider/keys/keyring";
import { findKeyType } from "../../provider/keys/keyTypes";
import type { KmsKeyRecords } from "../../provider/state/types";
import { setEnvironment } from "../provider/kms/loopback";
import { temporaryFolder } from "../temporaryFolders";
import { type OwnMaterial, ownMaterial } from "../world/ownMaterial";
import type { Program } from "../world/program";
import { ABROAD, HOME, useScene } from "../world/scene";
import { exportOf, fakePulumi, fileOf, keymgmt } from "./support";

describe("a backup of a key of type", function () {
  this.timeout(60_000);
  const { scene, program: old } = useScene();
  const env = { ROOT: randomBytes(32).toString("hex"), BACKUP: "correct horse battery staple" };
  let restore: () => void;
  beforeEach(() => {
    restore = setEnvironment(env);
  });
  afterEach(() => restore());

  const idsOf = (program: Program) =>
    Object.values(program.outputs("distribution").versions as KmsKeyRecords).map(({ keyId }) => keyId);
  const shown = (program: Program) => {
    const { versions, jwks } = program.outputs("key");
    return { id: program.states.get("key")!.id, versions, jwks };
  };

  for (const name of ["rsa-2048", "ecdsa-p521", "ecdsa-secp256k1", "hmac-sha384"])
    it(`${name}, sealed by a root key, restores the same keys, KMS keys and alias`, async () => {
      const type = findKeyType(name)!;
      const own: OwnMaterial[] = [];
      const key = { type: name, keystore: "env://ROOT", replicaRegions: [ABROAD] };
      const shared = { kms: { wrappingKeySpec: "RSA_3072" }, replicas: [ABROAD] };
      for (const version of [1, 2]) {
        own.push(await ownMaterial(type));
        const variable = `${name.replaceAll("-", "_").toUpperCase()}_${version}`;
        process.env[variable] = own.at(-1)!.text;
        await old.up({ ...shared, key: { ...key, material: `env://${variable}` } });
        delete process.env[variable];
      }
      const folder = await temporaryFolder();
      const file = join(folder, "orders.jwe");
      const state = await fileOf(exportOf(old, true));
      const toPassphrase = ["--passphrase", "env://BACKUP", "--keystore", "env://ROOT"];
      const exported = await keymgmt(
        ["export", "--key", "orders", "--out", file, "--state", state, ...toPassphrase],
        { env },
      );
      assert.equal(exported.code, 0, exported.stderr);
      assert.match(exported.stderr, new RegExp(`^orders: ${name}, 2 versions`));

      const text = await readFile(file, "utf8");
      const args = ["import", file, "--passphrase", "env://BACKUP", "--fingerprint", fingerprintOf(text)];
      const imported = await keymgmt(args, {
        env: { ...env, ...(await fakePulumi(join(folder, "args"))) },
      });
      assert.equal(imported.code, 0, imported.stderr);
      const configured = (await readFile(join(folder, "args"), "utf8")).split("\n")[3]!;
      for (const said of [configured, exported.stderr, imported.stdout, text])
        for (const secret of own.flatMap(({ secrets }) => secrets)) assert.ok(!said.includes(secret));

      const { distributions, ...from } = JSON.parse(configured);
      const { region, accountId: _, ...adopt } = distributions[0];
      assert.equal(region, HOME);
      const made = (await scene.kmsKeys()).length;
      const program = scene.program("organization/shop/dr");
      await program.up({
        ...shared,
        key: { ...key, keystore: "state", restore: from },
        distribution: { adopt },
      });
      assert.deepEqual(shown(program), shown(old));
      assert.deepEqual(idsOf(program), idsOf(old));
      assert.equal(program.outputs("distribution").aliasName, old.outputs("distribution").aliasName);
      assert.equal((await scene.kmsKeys()).length, made);
      const keyring = parseKeyring(String(program.outputs("key").keyring), name);
      assert.deepEqual(
        keyring.keys.map((entry) => heldMaterial(keyring, entry as VersionJwk)),
        own.map(({ bytes }) => bytes),
      );
      assert.deepEqual(await program.refreshAll(), []);
    });
});
