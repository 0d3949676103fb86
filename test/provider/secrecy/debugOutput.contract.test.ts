import assert from "node:assert/strict";
import type { LocalKms } from "../../../local-kms/src/index";
import { debugSettings } from "../../../provider/secrecy/debugOutput";
import { startLocalKms } from "../../world/localKms";
import { Program } from "../../world/program";

describe("debug output", () => {
  const NAMES = ["NODE_OPTIONS", "NODE_DEBUG", "NODE_DEBUG_NATIVE", "PULUMI_DEBUG_GRPC"];
  const usual = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
  const set = (settings: Record<string, string>) => {
    for (const name of NAMES) delete process.env[name];
    Object.assign(process.env, settings);
  };
  afterEach(() => {
    for (const [name, value] of Object.entries(usual)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  for (const [settings, named] of [
    [{ PULUMI_DEBUG_GRPC: "/tmp/secret-place.json" }, ["PULUMI_DEBUG_GRPC"]],
    [{ NODE_DEBUG: "http", NODE_DEBUG_NATIVE: "tls" }, ["NODE_DEBUG", "NODE_DEBUG_NATIVE"]],
    [{ NODE_OPTIONS: "--inspect=127.0.0.1:9229" }, ["--inspect"]],
    [{ NODE_OPTIONS: "--no-warnings --inspect-brk --inspect-brk" }, ["--inspect-brk"]],
    [{ NODE_OPTIONS: '"--heapsnapshot_signal=SIGUSR2"' }, ["--heapsnapshot-signal"]],
    [{ NODE_OPTIONS: "--heapsnapshot-near-heap-limit=2" }, ["--heapsnapshot-near-heap-limit"]],
    [{ NODE_OPTIONS: "--abort-on-uncaught-exception" }, ["--abort-on-uncaught-exception"]],
    [{ NODE_OPTIONS: "--report-on-signal --tls-keylog=/tmp/keys" }, ["--tls-keylog"]],
    [{ NODE_OPTIONS: "--max-old-space-size=4096 --require ./inspect", NODE_DEBUG: "" }, []],
  ] as const)
    it(`is known by its settings, and their values are left out: ${JSON.stringify(settings)}`, () => {
      set(settings);
      assert.deepEqual(debugSettings(), named);
    });

  describe("in a run", function () {
    this.timeout(60_000);
    let local: LocalKms;
    let program: Program;
    let said: string[];
    before(async () => {
      local = await startLocalKms();
    });
    after(() => local.close());
    beforeEach(() => {
      program = new Program(local);
      program.settings = { say: (line) => said.push(line) };
      said = [];
    });
    const warnings = () => new Set(said.filter((line) => line.startsWith("PULUMI_DEBUG_GRPC: ")));

    it("is warned of where the run handles material, and not where it handles none", async () => {
      set({});
      await program.up();
      assert.equal(warnings().size, 0);
      set({ PULUMI_DEBUG_GRPC: "/nowhere" });
      await program.up({ distribution: { tags: { team: "a" } } });
      assert.equal(warnings().size, 0);
      await program.up({ key: { rotationTrigger: "2" }, distribution: { tags: { team: "a" } } });
      assert.equal(warnings().size, 1);
    });
  });
});
