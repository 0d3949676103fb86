/** Keys of other types than AES in each keystore: what a state shows of them, and what it does not. */
import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateKeyCommand } from "@aws-sdk/client-kms";
import { isKeymgmtError } from "../../../../provider/errors";
import { findKeyType, type KeyType } from "../../../../provider/keys/keyTypes";
import { publicJwk } from "../../../../provider/keys/privateKeys/publicKeys";
import { temporaryFolder } from "../../../temporaryFolders";
import { type OwnMaterial, ownMaterial } from "../../../world/ownMaterial";
import { FAR, HOME, useScene } from "../../../world/scene";
import { setEnvironment } from "../../kms/loopback";
import { refusal } from "../../refusal";

for (const name of ["rsa-2048", "ecdsa-p256", "ecdsa-p384", "hmac-sha256"])
  describe(`a key of type ${name} in a keystore`, function () {
    this.timeout(60_000);
    const type = findKeyType(name)!;
    const isAsymmetric = type.publicKeyOf !== undefined;
    const { scene, program } = useScene();
    let own: OwnMaterial[];
    let folder: string;
    let keystores: Record<string, string>;
    let restore: () => void;

    before(async () => {
      own = [await ownMaterial(type), await ownMaterial(type)];
      folder = await temporaryFolder();
      for (const [index, { bytes }] of own.entries())
        await writeFile(join(folder, `${index + 1}.der`), bytes, { mode: 0o600 });
      await writeFile(join(folder, "root"), randomBytes(32), { mode: 0o600 });
    });
    beforeEach(async () => {
      restore = setEnvironment({
        ROOT: randomBytes(32).toString("base64"),
        ...Object.fromEntries(own.map(({ text }, index) => [`TEXT_${index + 1}`, text])),
        ...Object.fromEntries(own.map(({ jwk }, index) => [`JWK_${index + 1}`, jwk])),
        AWS_ACCESS_KEY_ID: "111122223333",
        AWS_SECRET_ACCESS_KEY: "secret",
      });
      const { KeyMetadata } = await scene.in(FAR).send(new CreateKeyCommand({}));
      keystores = {
        "env://": "env://ROOT",
        "file://": `file://${join(folder, "root")}`,
        "awskms://": `awskms:///${KeyMetadata!.Arn}?endpoint=${scene.url}`,
      };
    });
    afterEach(() => restore());

    const TEXT = "env://TEXT_{version}";
    const up = (keystore: string, trigger = "a", material = TEXT) =>
      program.up({ key: { type: name, keystore, material, rotationTrigger: trigger } });
    const state = () => JSON.stringify([...program.states.values()]);
    const shown = () => {
      const { versions, jwks } = program.outputs("key");
      return { versions, jwks };
    };
    const keyring = () => JSON.parse(String(program.outputs("key").keyring));
    /** What somebody who writes the state makes of a version. */
    const rewrite = (change: (version: Record<string, unknown>) => void) => {
      const changed = keyring();
      change(changed.keys[0]);
      for (const { inputs, outputs } of program.states.values())
        for (const holder of [outputs, inputs.key, outputs.key] as Record<string, unknown>[])
          if (holder?.keyring !== undefined) holder.keyring = JSON.stringify(changed);
    };
    const isNotReadable = () => {
      for (const secret of own.flatMap(({ secrets }) => secrets)) assert.ok(!state().includes(secret));
    };
    const showsTheOwnersKeys = () => {
      const { versions, jwks } = shown();
      const identities = own.map(({ bytes }) => type.identityOf(bytes));
      assert.deepEqual(
        (versions as { kcv: string }[]).map(({ kcv }) => kcv),
        identities.map(({ kcv }) => kcv),
      );
      const halves = own.flatMap(({ bytes }) => type.publicKeyOf?.(bytes) ?? []);
      assert.equal(jwks !== undefined, isAsymmetric);
      if (jwks === undefined) return;
      const keys = JSON.parse(String(jwks)).keys as Record<string, unknown>[];
      assert.deepEqual(
        keys.map(({ kid: _, use: __, alg: ___, ...key }) => key),
        halves.map((half) => publicJwk(half)),
      );
      assert.deepEqual(
        (versions as { fingerprint: string; publicKey: string }[]).map(({ fingerprint, publicKey }) => [
          fingerprint,
          publicKey,
        ]),
        halves.map((half, index) => [
          identities[index]!.cmac,
          half.export({ type: "spki", format: "pem" }).toString(),
        ]),
      );
    };

    for (const kind of ["env://", "file://", "awskms://"])
      it(`${kind}: no private part is in the state, and the public half needs no root key`, async () => {
        await up(keystores[kind]!);
        await up(keystores[kind]!, "b");
        isNotReadable();
        showsTheOwnersKeys();
        const before = shown();
        // Without the root key all goes on that imports nothing.
        process.env.ROOT = "";
        scene.intercept = ({ operation }) =>
          /^(Decrypt|GenerateDataKey)$/.test(operation)
            ? { error: { name: "DisabledException" } }
            : undefined;
        await program.up({
          key: {
            type: name,
            keystore: keystores[kind]!,
            material: TEXT,
            rotationTrigger: "b",
            minEnabledVersion: 2,
          },
        });
        const after = shown();
        assert.deepEqual(
          (after.versions as object[]).map((version) => ({ ...version, enabled: true })),
          before.versions,
        );
        if (isAsymmetric)
          assert.deepEqual(
            JSON.parse(String(after.jwks)).keys,
            JSON.parse(String(before.jwks)).keys.slice(1),
          );
        assert.deepEqual(await program.refreshAll(), []);
      });

    for (const [form, reference] of [
      ["text in the environment", () => TEXT],
      ["a JWK in the environment", () => "env://JWK_{version}"],
      ["raw bytes in a file", () => `file://${folder}/{version}.der`],
      ["raw bytes of a command", () => `exec:cat ${folder}/{version}.der`],
    ] as const)
      it(`none: is read from ${form} whenever it is imported`, async () => {
        await up("none", "a", reference());
        await up("none", "b", reference());
        isNotReadable();
        showsTheOwnersKeys();
        scene.local.resetCounts();
        const expiring = {
          key: { type: name, keystore: "none", material: reference(), rotationTrigger: "b" },
        };
        await program.up({ ...expiring, distribution: { validFor: "90d" } });
        assert.equal(scene.local.counts().ImportKeyMaterial, 2);
      });

    it("moves from one keystore to the next with no call for its KMS keys, and comes back the same", async () => {
      await up("state");
      await up("state", "b");
      const [first, before] = [keyring(), shown()];
      showsTheOwnersKeys();
      scene.changes.length = 0;
      for (const keystore of [...Object.values(keystores), "none", "state"]) {
        await up(keystore, "b");
        assert.deepEqual(shown(), before);
        if (keystore !== "state") isNotReadable();
      }
      assert.deepEqual(keyring(), first);
      assert.deepEqual(
        scene.changes.filter(({ region }) => region === HOME),
        [],
      );
    });

    describe("whose state somebody changed is refused", () => {
      const refused = (work: Promise<unknown>) =>
        assert.rejects(
          work,
          (error) =>
            isKeymgmtError(error, "InvalidInput") &&
            error.message.includes("version 1 has no key check value"),
        );
      let other: KeyType["identityOf"] extends (m: Buffer) => infer I ? I & { publicKey?: unknown } : never;

      const changeVersion = (key: Record<string, unknown>, change: object) =>
        Object.assign((key.versions as object[])[0]!, change);
      const pemOf = (jwk: unknown) =>
        createPublicKey({ key: jwk as never, format: "jwk" }).export({ type: "spki", format: "pem" });

      beforeEach(async () => {
        await up(keystores["env://"]!);
        const { bytes } = await ownMaterial(type);
        const publicKey = type.publicKeyOf?.(bytes);
        other = { ...type.identityOf(bytes), ...(publicKey && { publicKey: publicJwk(publicKey) }) };
      });

      for (const member of isAsymmetric
        ? (["kcv", "cmac", "publicKey"] as const)
        : (["kcv", "cmac"] as const))
        it(`with another ${member}`, async () => {
          rewrite((version) => {
            version[member] = other[member];
          });
          await refused(up(keystores["env://"]!, "b"));
        });

      it("with the whole identity of another key", async () => {
        rewrite((version) => Object.assign(version, other));
        await refusal(up(keystores["env://"]!, "b"));
      });

      if (isAsymmetric)
        for (const [what, change] of [
          [
            "another public key of a version",
            (key) => changeVersion(key, { publicKey: pemOf(other.publicKey) }),
          ],
          ["another fingerprint of a version", (key) => changeVersion(key, { fingerprint: other.cmac })],
          [
            "another public key in `jwks`",
            (key) => {
              const { keys } = JSON.parse(String(key.jwks));
              key.jwks = JSON.stringify({ keys: [{ ...keys[0], ...(other.publicKey as object) }] });
            },
          ],
          [
            "one key more in `jwks`",
            (key) => {
              const { keys } = JSON.parse(String(key.jwks));
              key.jwks = JSON.stringify({ keys: [...keys, other.publicKey] });
            },
          ],
        ] as [string, (key: Record<string, unknown>) => void][])
          it(`with ${what} beside its keyring, although nothing else changes`, async () => {
            change(program.outputs("key"));
            const message = await refusal(up(keystores["env://"]!));
            assert.match(
              message,
              /^Expected the public keys of key "orders" in the state .* they are others/,
            );
          });

      if (isAsymmetric) {
        it("with the public half of a key of another type", async () => {
          const bytes = await findKeyType("ecdsa-secp256k1")!.material.generate();
          const publicKey = findKeyType("ecdsa-secp256k1")!.publicKeyOf!(bytes);
          rewrite((version) =>
            Object.assign(version, findKeyType("ecdsa-secp256k1")!.identityOf(bytes), {
              publicKey: publicJwk(publicKey),
            }),
          );
          await refused(up(keystores["env://"]!, "b"));
        });

        it("with a private part beside its public half", async () => {
          rewrite((version) => Object.assign(version.publicKey as object, { d: "AAAA" }));
          await refused(up(keystores["env://"]!, "b"));
        });
      }
    });
  });
