import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DeleteImportedKeyMaterialCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import ts from "typescript";
import type { LocalKms } from "../../../local-kms/src/index";
import { Limiter } from "../../../provider/kms/client/limiter";
import { quotaUses } from "../../../provider/kms/client/quotas";
import { clientsOr } from "../../compat/support";
import { Application } from "../../world/application";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { Stop } from "../killed/stop";
import { ServiceQuotas } from "./incidents/serviceQuotas";
import { follow, type Known } from "./page/follow";
import { Operator } from "./page/operator";
import { commandsInProse, sectionsOf } from "./page/page";

const [HOME, ABROAD] = ["us-west-1", "eu-west-1"] as const;

interface Incident {
  /** Makes it happen; gives what is seen of it before the first command. */
  happens?: () => Promise<unknown>;
  blocks: Known[];
}

const [intro, ...sections] = sectionsOf("docs/incidents.md");

describe("docs/incidents.md, command by command", function () {
  this.timeout(300_000);
  this.bail(true); // They are one after the other on one stack.
  let local: LocalKms;
  let quotas: ServiceQuotas;
  let operator: Operator;
  let alias: string;
  const stop = new Stop();
  const program = quick(intro!.blocks[0]!.text);

  before(async function () {
    const { python } = await clientsOr(this);
    quotas = await ServiceQuotas.start();
    local = await startLocalKms({
      config: {
        replicaCreatingMillis: 50,
        primaryUpdatingMillis: 0,
        intercept: stop.intercept,
      },
    });
    operator = await Operator.begin(python, {
      program,
      env: {
        AWS_ACCESS_KEY_ID: "111122223333",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_ENDPOINT_URL: local.url,
        AWS_ENDPOINT_URL_SERVICE_QUOTAS: quotas.url,
      },
    });
    await operator.project.up();
    alias = (await operator.project.stackOutput()).json.alias;
  });
  after(async () => {
    await operator?.project.close();
    await local?.close();
    quotas?.close();
  });

  const home = () => new Application(local, HOME);
  const abroad = () => new Application(local, ABROAD);
  const file = (name: string) => join(operator.project.folder.program, name);
  const noDrift = async (printed: string) => assert.match(printed, /No drift/);
  let sealed: Uint8Array;

  const INCIDENTS: Record<string, Incident> = {
    "Material has leaked": {
      happens: async () => {
        sealed = await home().encrypt(alias, "data key");
        await operator.write("program/data-key.bin", sealed);
      },
      blocks: [
        {},
        {
          after: async (printed) => {
            const [old, now] = printed.trim().split("\n");
            assert.equal(old, now);
          },
        },
        {
          after: async () => {
            await assert.rejects(home().decrypt(sealed), { name: "DisabledException" });
            assert.equal((await abroad().decrypt(readFileSync(file("data-key.new")))).text, "data key");
          },
        },
      ],
    },
    "The runner is lost in the middle of an update": {
      happens: async () => {
        await operator.project.configSet({ rotationTrigger: "lost", deletionAllowed: "true" });
        const point = { victim: "all", operation: "ImportKeyMaterial", region: ABROAD } as const;
        stop.arm(point);
        await operator.project.up({ fails: true, started: stop.started });
        await stop.settle(point);
      },
      blocks: [{ exitCode: "any but 0" }, { after: noDrift }],
    },
    "Something was deleted by mistake": {
      happens: async () => {
        const { KeyId } = await home().describe(alias);
        await home().send(new DeleteImportedKeyMaterialCommand({ KeyId }));
        await abroad().send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      },
      blocks: [
        { exitCode: 3 },
        { after: async () => abroad().encrypt(alias, "again") },
        { after: async () => home().encrypt(alias, "again") },
        {
          before: async () => {
            sealed = await home().encrypt(alias, "kept");
            await operator.project.setProgram(program.replace(/^const distribution.*/ms, ""));
            await operator.project.up();
          },
        },
        {
          before: async () => {
            await operator.project.setProgram(program);
            await operator.project.pulumi(["config", "rm", "deletionAllowed"]);
          },
          after: async () => assert.equal((await abroad().decrypt(sealed)).text, "kept"),
        },
      ],
    },
    "The account is throttled": {
      happens: async () => {
        await operator.project.configSet({ rotationTrigger: "throttled" });
        const error = { name: "ThrottlingException", status: 400 };
        await local.setFaults([{ operation: "GetParametersForImport", region: HOME, times: 1, error }]);
        return lineOfLongWait();
      },
      blocks: [
        { after: async () => assert.equal((await local.faults())[0]!.hits, 1) },
        { after: async () => assert.equal(quotas.requested.length, 1) },
      ],
    },
    "A Region does not answer": {
      happens: async () => {
        await operator.project.pulumi(["config", "rm", "quotas"]);
        await local.setFaults([{ region: ABROAD, drop: "reset" }]);
      },
      blocks: [
        { exitCode: 1 },
        { after: () => local.setFaults([]) },
        { after: noDrift },
        { exitCode: 3 },
        { after: noDrift },
      ],
    },
    "The state is lost": {
      happens: async () => {
        const opens = randomBytes(24).toString("hex");
        const { printed } = await operator.paste(
          `BACKUP=${opens}; npx keymgmt export --key orders --passphrase env://BACKUP --out orders.jwe`,
        );
        const [fingerprint] = /^[0-9a-f]{64}$/m.exec(printed) ?? assert.fail(printed);
        await operator.paste(`FINGERPRINT=${fingerprint}`);
        sealed = await home().encrypt(alias, "before");
        await operator.losesState();
      },
      blocks: [
        {
          after: async (printed) => {
            await noDrift(printed);
            await operator.losesState();
          },
        },
        { after: async () => assert.equal((await home().decrypt(sealed)).text, "before") },
      ],
    },
  };

  it("is about the incidents that are known here", () => {
    assert.deepEqual(
      sections.map(({ title }) => title),
      Object.keys(INCIDENTS),
    );
  });

  for (const section of sections)
    it(section.title, async () => {
      const { happens, blocks = [] } = INCIDENTS[section.title] ?? {};
      await operator.opensShell();
      await follow(operator, section.blocks, blocks, String(await happens?.()));
    });

  it("names no command that is not run", () => {
    const run = sections.flatMap(({ blocks }) => blocks.map(({ text }) => text)).join("\n");
    for (const command of sections.flatMap(commandsInProse)) assert.ok(run.includes(command), command);
  });
});

/** The program of the page, with what makes it fast here: quotas without limits, and JavaScript. */
function quick(program: string): string {
  const given = 'quotas: config.getObject("quotas"),';
  assert.ok(program.includes(given));
  const quotas = `quotas: { ...${JSON.stringify(QUOTAS)}, ...config.getObject<object>("quotas") },`;
  const { outputText, diagnostics } = ts.transpileModule(
    program.replace(given, `wrappingKeySpec: "RSA_2048", ${quotas}`),
    {
      reportDiagnostics: true,
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    },
  );
  assert.deepEqual(diagnostics, []);
  return outputText;
}

/** What an update says that has seventy imports to do. */
function lineOfLongWait(): Promise<string> {
  return new Promise((log) => {
    const limiter = new Limiter({ log });
    const allowance = limiter.buckets("account", quotaUses("GetParametersForImport", HOME));
    for (let call = 0; call < 70; call++) void allowance.take();
  });
}
