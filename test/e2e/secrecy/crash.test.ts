import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InterceptedRequest, LocalKms } from "../../../local-kms/src/index";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project } from "../support";
import { assertNoSecret, assertNoSecretIn } from "../support/planted";
import { withDescendants } from "../support/processes";

/** Secrets in every place: two keys, one in the state and one sealed. `trigger` changes both distributions. */
function program(url: string, trigger: number): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const config = new pulumi.Config();
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
      credentials: { accessKey: "111122223333", secretKey: config.requireSecret("secretKey"), sessionToken: config.requireSecret("sessionToken") },
    });
    const key = new ManagedKey("orders", { material: config.requireSecret("material") });
    new KeyDistribution("orders-prod", { kms, key, tags: { trigger: "${trigger}" } });
    const sealed = new ManagedKey("bills", { keystore: "env://ROOT", material: "env://BILLS_{version}", rotationTrigger: "${trigger}" });
    new KeyDistribution("bills-prod", { kms, key: sealed });
  `;
}

/** Loaded into each process: dies of an error thrown where the answer to an import is read, as a bug there would make it. */
const BUG = `
  const { ClientRequest } = require("node:http");
  const { emit } = ClientRequest.prototype;
  ClientRequest.prototype.emit = function (event, ...rest) {
    if (event === "response" && /ImportKeyMaterial$/.test(this.getHeader("x-amz-target"))) {
      process.removeAllListeners("uncaughtException");
      throw new Error("a bug");
    }
    return emit.call(this, event, ...rest);
  };
`;

describe("a provider process that dies while it imports", function () {
  this.timeout(300_000);
  const secretKey = `planted-secret-key-${randomBytes(12).toString("hex")}`;
  const sessionToken = `planted-token-${randomBytes(12).toString("hex")}`;
  const passphrase = `planted-passphrase-${randomBytes(12).toString("hex")}`;
  const material = [0, 1, 2, 3].map(() => randomBytes(32));
  const [own, ...bills] = material as [Buffer, ...Buffer[]];
  const root = randomBytes(32);
  const secrets: Record<string, Buffer> = {
    "the material of orders": own,
    "the secret key": Buffer.from(secretKey),
    "the session token": Buffer.from(sessionToken),
    "the passphrase": Buffer.from(passphrase),
    "the root key": root,
    ...Object.fromEntries(
      bills.map((each, index) => [`the material of version ${index + 1} of bills`, each]),
    ),
  };
  let local: LocalKms;
  let project: Project;
  let temporary: string;
  let onImport: (() => void) | undefined;

  before(async () => {
    temporary = await mkdtemp(join(tmpdir(), "keymgmt-crash-"));
    await writeFile(join(temporary, "bug.cjs"), BUG);
    local = await startLocalKms({
      config: {
        intercept: ({ operation }: InterceptedRequest) => {
          if (operation !== "ImportKeyMaterial" || !onImport) return undefined;
          onImport();
          return { drop: "hang" };
        },
      },
    });
    project = await openProject({
      program: program(local.url, 1),
      config: {
        secretKey: { secret: secretKey },
        sessionToken: { secret: sessionToken },
        material: { secret: own.toString("base64") },
      },
      env: {
        TMPDIR: temporary,
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        ROOT: root.toString("base64"),
        ...Object.fromEntries(bills.map((each, index) => [`BILLS_${index + 1}`, each.toString("hex")])),
      },
    });
  });
  after(async () => {
    await project?.close();
    await local?.close();
    await rm(temporary, { recursive: true, force: true });
  });

  /** Nothing was printed or left behind. */
  async function isClean(where: string, { stdout, stderr }: { stdout: string; stderr: string }) {
    assertNoSecret(`stdout after ${where}`, stdout, secrets);
    assertNoSecret(`stderr after ${where}`, stderr, secrets);
    for (const folder of [temporary, project.folder.root]) await assertNoSecretIn(folder, secrets);
    onImport = undefined;
  }

  for (const signal of ["SIGKILL", "SIGABRT"] as const)
    it(`leaves nothing readable when ${signal} ends it`, async () => {
      let pulumi = 0;
      onImport = () => {
        const tree = withDescendants(pulumi).filter(({ command }) => command.includes("dynamic-provider"));
        for (const { pid } of tree) process.kill(pid, signal);
      };
      await project.setProgram(program(local.url, signal === "SIGKILL" ? 1 : 2));
      const died = await project.up({
        fails: true,
        started: (pid) => {
          pulumi = pid;
        },
        args: ["--debug"],
      });
      await isClean(signal, died);
    });

  it("leaves nothing readable when an error that nobody catches ends it", async () => {
    await project.setProgram(program(local.url, 3));
    const preload = join(temporary, "bug.cjs");
    const died = await project.up({ fails: true, preload, args: ["--debug"] });
    assert.match(died.stdout, /Error: a bug/);
    await isClean("an uncaught error", died);
    await project.up();
  });
});
