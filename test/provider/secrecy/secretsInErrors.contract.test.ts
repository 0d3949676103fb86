import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { InterceptedRequest, Interception, LocalKms } from "../../../local-kms/src/index";
import { isKeymgmtError } from "../../../provider/errors";
import { KmsConnections } from "../../../provider/kms/client/client";
import { Limiter } from "../../../provider/kms/client/limiter";
import { PartialFailure } from "../../../provider/resources/resource";
import { assertNoSecret } from "../../e2e/support/planted";
import { localKms, Program, type ProgramInputs } from "../../world/program";
import { setEnvironment } from "../kms/loopback";

const failing = (name: string, message?: string): Interception => ({ error: { name, message } });

/** What a call can end with, but for what it should. */
const FAILURES: Record<string, Interception> = {
  InvalidCiphertextException: failing("InvalidCiphertextException"),
  IncorrectKeyMaterialException: failing("IncorrectKeyMaterialException"),
  InvalidImportTokenException: failing("InvalidImportTokenException"),
  ExpiredImportTokenException: failing("ExpiredImportTokenException"),
  AccessDeniedException: failing("AccessDeniedException"),
  ThrottlingException: failing("ThrottlingException"),
  KMSInternalException: failing("KMSInternalException"),
  "a signature that does not match": failing("InvalidSignatureException"),
  "a reset before it takes effect": { drop: "reset" },
  "a reset after it took effect": { drop: "reset", when: "after" },
  "a connection that closes": { drop: "close" },
  "half an answer": { drop: "half" },
  "no answer in time": { drop: "hang" },
};

describe("an error of the provider", function () {
  this.timeout(30_000);
  const material = randomBytes(32);
  const root = randomBytes(32);
  const secretKey = `planted-secret-key-${randomBytes(16).toString("hex")}`; // not as long as material in base64url
  const sessionToken = `planted-token-${randomBytes(12).toString("hex")}`;
  const planted: Record<string, Buffer> = {
    "the material": material,
    "the root key": root,
    "the secret key": Buffer.from(secretKey),
    "the session token": Buffer.from(sessionToken),
  };
  let local: LocalKms;
  let restore: () => void;
  let printed: sinon.SinonStub;
  /** What is sent, which is no secret but nothing to be dumped either. */
  let sent: Record<string, Buffer>;
  let connections: () => KmsConnections;
  let intercept: (request: InterceptedRequest) => Interception | undefined;

  before(async () => {
    local = await localKms({ intercept: (request) => intercept(request) });
  });
  after(() => local.close());
  beforeEach(async () => {
    restore = setEnvironment({
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_SESSION_TOKEN: sessionToken,
      ROOT: root.toString("base64"),
      ORDERS: material.toString("hex"),
    });
    printed = sinon.stub(console, "error");
    sent = {};
    intercept = () => undefined;
    connect({ attempts: 2, requestMs: 20_000 });
  });
  afterEach(() => {
    sinon.restore();
    restore();
  });

  const connect = ({ attempts, requestMs }: { attempts: number; requestMs: number }) => {
    connections = () =>
      new KmsConnections({
        limiter: new Limiter({ random: () => 0, log: () => {} }),
        retry: { attempts, firstPauseMs: 1, throttledMs: -1 },
        time: { connectMs: 20_000, requestMs },
      });
  };
  const atCall = (operation: string, failure: Interception) => {
    if ("drop" in failure && failure.drop === "hang") connect({ attempts: 1, requestMs: 1_500 });
    intercept = (request) => {
      if (request.operation !== operation) return undefined;
      const { EncryptedKeyMaterial, ImportToken } = request.input as Record<string, string>;
      if (EncryptedKeyMaterial) sent["the wrapped material"] = Buffer.from(EncryptedKeyMaterial, "base64");
      if (ImportToken) sent["the import token"] = Buffer.from(ImportToken, "base64");
      return failure;
    };
  };
  const program = () => {
    const made = new Program(local);
    made.settings = { connections: connections() };
    return made;
  };
  const up = (more: ProgramInputs) =>
    program().up({
      kms: { credentials: undefined },
      distribution: { adopt: { versions: {} } }, // whatever the tests before have left
      ...more,
      key: { material: "env://ORDERS", ...more.key },
    });

  /** It fails, and nothing secret can be had from what was thrown, however deep one looks, nor was anything printed. */
  async function failsWithoutSecrets(work: Promise<unknown>): Promise<void> {
    const thrown: unknown = await work.then(
      () => assert.fail("it was done"),
      (error: unknown) => error,
    );
    const error = thrown instanceof PartialFailure ? thrown.cause : thrown;
    assert.ok(isKeymgmtError(error), inspect(error));
    const depths = {
      depth: 10,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null,
    };
    assertNoSecret("the error", inspect(thrown, depths), { ...planted, ...sent });
    assertNoSecret("what was printed", printed.args.join("\n"), { ...planted, ...sent });
  }

  for (const [what, failure] of Object.entries(FAILURES))
    it(`holds no secret where an import ends with ${what}`, async () => {
      atCall("ImportKeyMaterial", failure);
      await failsWithoutSecrets(up({}));
      assert.deepEqual(Object.keys(sent), ["the wrapped material", "the import token"]);
    });

  it("holds nothing that AWS repeats of the request", async () => {
    intercept = ({ operation, input }) => {
      if (operation !== "ImportKeyMaterial") return undefined;
      const { EncryptedKeyMaterial } = input as Record<string, string>;
      sent["the wrapped material"] = Buffer.from(EncryptedKeyMaterial!, "base64");
      const message = `1 validation error detected: Value '${EncryptedKeyMaterial}' at 'encryptedKeyMaterial' failed to satisfy constraint: Member must have length less than or equal to 6144`;
      return failing("ValidationException", message);
    };
    await failsWithoutSecrets(up({}));
    assert.ok(sent["the wrapped material"]);
  });

  for (const operation of ["GenerateDataKey", "Decrypt"])
    for (const what of ["AccessDeniedException", "half an answer", "no answer in time"])
      it(`holds no secret where ${operation} by a root key ends with ${what}`, async () => {
        const client = new KMSClient({ region: "us-east-1", endpoint: local.url });
        const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
        const alias = `alias/${operation}-${what.split(" ")[0]}`;
        await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata!.KeyId }));
        atCall(operation, FAILURES[what]!);
        const keystore = `awskms://${alias}?region=us-east-1&endpoint=${local.url}`;
        await failsWithoutSecrets(up({ key: { keystore } }));
      });

  it("holds no secret where credentials come from the program and nobody answers", async () => {
    const credentials = { accessKey: "111122223333", secretKey, sessionToken };
    await failsWithoutSecrets(up({ kms: { credentials, endpoint: "http://127.0.0.1:9" } }));
  });

  for (const [what, reference] of Object.entries({
    "a command that prints it and fails": `exec:${process.execPath} -e console.log(process.env.ORDERS);console.error(process.env.ORDERS);process.exit(3)`,
    "a variable that holds another secret": "env://AWS_SECRET_ACCESS_KEY",
    "a file that is a folder": "file:///.",
  }))
    it(`holds no secret where material is to be read from ${what}`, () =>
      failsWithoutSecrets(up({ key: { keystore: "env://ROOT", material: reference } })));
});
