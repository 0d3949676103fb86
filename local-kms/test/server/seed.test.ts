import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import {
  DecryptCommand,
  EncryptCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  SignCommand,
} from "@aws-sdk/client-kms";
import type { SeedKey } from "../../src/index.js";
import { clientFor, EAST, importMaterial, metadataOf, start, temporaryFolder, WEST } from "../support.js";

const ID = "1234abcd-12ab-34cd-56ef-1234567890ab";

describe("local KMS: keys that are there at the start", () => {
  it("have the id, aliases, tags and material that the config gives, and really work", async () => {
    const material = randomBytes(32);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const keys: SeedKey[] = [
      {
        keyId: ID,
        aliases: ["alias/orders", "alias/shop"],
        material: material.toString("base64"),
        create: { Tags: [{ TagKey: "team", TagValue: "shop" }] },
      },
      { region: WEST, aliases: ["alias/made"], create: { MultiRegion: true } },
      {
        account: "444455556666",
        aliases: ["alias/signing"],
        create: { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" },
        material: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
      },
    ];
    const kms = await start({ config: { keys } });
    const { KeyState, Origin, ExpirationModel } = await metadataOf(kms.client(), "alias/orders");
    assert.deepEqual(
      [KeyState, Origin, ExpirationModel],
      ["Enabled", "EXTERNAL", "KEY_MATERIAL_DOES_NOT_EXPIRE"],
    );
    const { Tags } = await kms.client().send(new ListResourceTagsCommand({ KeyId: ID }));
    assert.deepEqual(Tags, [{ TagKey: "team", TagValue: "shop" }]);
    const { Aliases } = await kms.client().send(new ListAliasesCommand({ KeyId: ID }));
    assert.equal(Aliases!.length, 2);
    // AWS takes no other material than the key's own again.
    await importMaterial(kms.client(), ID, material);
    const { CiphertextBlob } = await kms
      .client()
      .send(new EncryptCommand({ KeyId: "alias/shop", Plaintext: Buffer.from("text") }));
    const { Plaintext } = await kms.client().send(new DecryptCommand({ CiphertextBlob }));
    assert.equal(Buffer.from(Plaintext!).toString(), "text");
    assert.match((await metadataOf(kms.client(WEST), "alias/made")).KeyId!, /^mrk-/);
    const message = { Message: Buffer.from("m"), SigningAlgorithm: "ECDSA_SHA_256" } as const;
    await kms.client(EAST, "444455556666").send(new SignCommand({ KeyId: "alias/signing", ...message }));
    await kms.close();
  });

  it("are seen by every read, however long other changes take", async () => {
    const keys = [{ aliases: ["alias/orders"] }];
    const kms = await start({ config: { keys, consistency: { lagReads: 100, flipBack: true } } });
    for (let read = 0; read < 3; read++)
      assert.equal((await metadataOf(kms.client(), "alias/orders")).KeyState, "Enabled");
    await kms.close();
  });

  it("were made so long ago that their tags count in policies from the start", async () => {
    const everything = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "*",
          Resource: "*",
          Condition: { StringEquals: { "aws:ResourceTag/team": "shop" } },
        },
      ],
    };
    const accessKeys = [{ accessKeyId: "AKIASHOP", secretAccessKey: "secret" }];
    const principals = [{ arn: "arn:aws:iam::111122223333:user/shop", accessKeys, policies: [everything] }];
    const keys = [{ keyId: ID, create: { Tags: [{ TagKey: "team", TagValue: "shop" }] } }];
    const kms = await start({ config: { keys, iam: { principals }, tagsCountAfterMillis: 300_000 } });
    const client = clientFor(kms.url, EAST, "AKIASHOP", "secret");
    assert.equal((await metadataOf(client, ID)).KeyId, ID);
    client.destroy();
    await kms.close();
  });

  it("are made once: a data folder that has a state is left as it is", async () => {
    const dataDir = await temporaryFolder();
    const count = async () => {
      const kms = await start({ dataDir, config: { keys: [{ keyId: ID }] } });
      const { Keys } = await kms.client().send(new ListKeysCommand({}));
      await kms.close();
      return Keys!.length;
    };
    assert.deepEqual([await count(), await count()], [1, 1]);
  });

  for (const [what, keys, message] of [
    [
      "an id of no form",
      [{ keyId: "orders" }],
      /^keys\[0\]: ValidationException: expected `keyId` to be a UUID/,
    ],
    ["an id twice", [{ keyId: ID }, { keyId: ID }], /^keys\[1\]: .* is there twice$/],
    [
      "material of another size",
      [{ material: "AAAA" }],
      /^keys\[0\]: IncorrectKeyMaterialException: `material`/,
    ],
    [
      "a request that AWS refuses",
      [{ create: { KeySpec: "RSA_2048" } }],
      /^keys\[0\]: ValidationException: You must specify a KeyUsage/,
    ],
    [
      "an alias twice",
      [{ aliases: ["alias/a"] }, { aliases: ["alias/a"] }],
      /^keys\[1\]: AlreadyExistsException/,
    ],
    ["an unknown setting", [{ alias: "alias/a" }], /^Unknown setting `alias` in `config\.keys\[0\]`/],
  ] as [string, SeedKey[], RegExp][])
    it(`are refused with ${what}, and nothing starts`, async () => {
      await assert.rejects(start({ config: { keys } }), { message });
    });
});
