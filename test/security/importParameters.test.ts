import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import sinon from "sinon";
import type { LocalKms } from "../../local-kms/src/index";
import { PartialFailure, type Values } from "../../provider/resources/resource";
import { SoftHsm } from "../provider/keys/keystores/hsm/softHsm";
import { setEnvironment } from "../provider/kms/loopback";
import { localKms, Program } from "../world/program";
import { type InBetween, inBetween } from "./support/inBetween";

/**
 * The attacker answers GetParametersForImport in AWS's place: the endpoint is theirs, or something between ends TLS. What
 * they want is material wrapped to a key that they, or anybody, can open.
 */
describe("an attacker who answers GetParametersForImport", () => {
  const der = (key: KeyObject) => key.export({ type: "spki", format: "der" });
  const rsa = (modulusLength: number, publicExponent?: number) =>
    generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey;
  const asked = rsa(2048);
  /** OAEP to exponent 1 is the padded material itself. */
  const exponentOne = createPublicKey({
    key: { ...asked.export({ format: "jwk" }), e: "AQ" },
    format: "jwk",
  });
  const swapped = (key: Uint8Array) => (answer: Record<string, unknown>) => {
    answer.PublicKey = Buffer.from(key).toString("base64");
  };

  /** What they change, and what the refusal says of it. */
  const ATTACKS: Record<string, [change: (answer: Record<string, unknown>) => void, said: RegExp]> = {
    "with a shorter key": [swapped(der(rsa(1024))), /; the key has 1024 bits\. /],
    "with a longer key": [swapped(der(rsa(3072))), /; the key has 3072 bits\. /],
    "with exponent 3": [swapped(der(rsa(2048, 3))), /; the key has exponent 3\. /],
    "with exponent 1": [swapped(der(exponentOne)), /; the key has exponent 1\. /],
    "with an elliptic key": [
      swapped(der(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)),
      /; the key is one of ec, not RSA\. /,
    ],
    "with bytes behind the key": [
      swapped(Buffer.concat([der(asked), Buffer.from("more")])),
      /; the key is not encoded as DER, or something follows it\. /,
    ],
    "with no key": [swapped(Buffer.from("none")), /; the key is 4 bytes that are no public key\. /],
    "for another KMS key": [
      (answer) => {
        answer.KeyId = String(answer.KeyId).replace(/key\/.*/, "key/1234abcd-12ab-34cd-56ef-1234567890ab");
      },
      /; it is for another KMS key\. /,
    ],
    "for the same id in another Region": [
      (answer) => {
        answer.KeyId = String(answer.KeyId).replace("us-west-1", "us-east-1");
      },
      /; it is for another KMS key\. /,
    ],
    "without an import token": [
      (answer) => {
        delete answer.ImportToken;
      },
      /; there is no import token\. /,
    ],
    "with one from long ago": [
      (answer) => {
        answer.ParametersValidTo = 1_700_000_000;
      },
      /; it was valid until 2023-11-14T22:13:20\.000Z, which is past by this machine's clock\. /,
    ],
  };

  let local: LocalKms;
  let between: InBetween;
  let attack: (answer: Record<string, unknown>) => void;

  beforeEach(async () => {
    local = await localKms();
    between = await inBetween(local.url, (operation, answer) => {
      if (operation === "GetParametersForImport") attack(answer);
    });
  });
  afterEach(async () => {
    await between.close();
    await local.close();
  });

  async function refusedTo(program: Program, key: Values): Promise<string> {
    const thrown: unknown = await program.up({ key }).then(
      () => assert.fail("it was imported"),
      (error) => error,
    );
    const sent = between.passed.filter(({ operation }) => operation === "ImportKeyMaterial");
    assert.equal(sent.length, 0, "material was sent");
    const error = thrown instanceof PartialFailure ? thrown.cause : thrown;
    return (error as Error).message;
  }

  for (const [how, [change, said]] of Object.entries(ATTACKS))
    it(`${how} gets no material`, async () => {
      attack = change;
      const message = await refusedTo(new Program(between), {});
      assert.match(
        message,
        /^Expected GetParametersForImport to answer with an import token and an RSA_2048 /,
      );
      assert.match(message, said);
      assert.match(message, / Nothing was wrapped, and no material was sent\. /);
    });

  it("honestly changes nothing: an answer that is as asked is used", async () => {
    attack = () => {};
    await new Program(between).up();
    assert.equal(local.counts().ImportKeyMaterial, 1);
  });

  describe("of a key in an HSM", () => {
    let open: () => SoftHsm;
    let hsm: SoftHsm;
    let restore: () => void;
    before(async function () {
      open = await SoftHsm.openerOr(this);
    });
    beforeEach(() => {
      hsm = open();
      const pin = randomBytes(6).toString("hex");
      hsm.newToken(pin);
      restore = setEnvironment({ HSM_PIN: pin });
      sinon.stub(console, "error");
    });
    afterEach(() => {
      sinon.restore();
      restore();
      hsm.close();
    });

    for (const how of ["with a shorter key", "with exponent 3", "with bytes behind the key"])
      it(`${how} gets nothing wrapped`, async () => {
        const [change, said] = ATTACKS[how]!;
        attack = change;
        assert.match(await refusedTo(new Program(between), { keystore: hsm.uri() }), said);
      });
  });
});
