import assert from "node:assert/strict";

interface SoftHsmTools {
  findSoftHsm(exists: (path: string) => boolean): string | undefined;
  haveSoftHsm(options: {
    say(line: string): void;
    find(): string | undefined;
    execute(command: string, args: string[]): Promise<{ ok: boolean; cause?: string }>;
    isRoot: boolean;
  }): Promise<string>;
}
const load = (): Promise<SoftHsmTools> => import("../../tools/hsm/softHsm.mjs" as string);

describe("SoftHSM for the tests", () => {
  const DEBIAN = "/usr/lib/softhsm/libsofthsm2.so";

  it("is looked for where distributions have it", async () => {
    const { findSoftHsm } = await load();
    for (const place of [
      DEBIAN,
      "/usr/lib64/pkcs11/libsofthsm2.so",
      "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ])
      assert.equal(
        findSoftHsm((path) => path === place),
        place,
      );
    assert.equal(
      findSoftHsm(() => false),
      undefined,
    );
  });

  /** A machine on which each apt-get command fails until as many of that name have run as said. */
  async function machine(options: { isRoot?: boolean; there?: boolean; fails?: Record<string, number> }) {
    const { isRoot = true, there = false, fails = {} } = options;
    const { haveSoftHsm } = await load();
    const ran: string[] = [];
    let installed = there;
    const answer = haveSoftHsm({
      say: () => undefined,
      find: () => (installed ? DEBIAN : undefined),
      async execute(command, args) {
        const name = args.find((arg) => arg === "install" || arg === "update")!;
        ran.push([command, name].join(" "));
        fails[name] = (fails[name] ?? 0) - 1;
        if (fails[name] >= 0) return { ok: false, cause: "no network" };
        installed ||= name === "install";
        return { ok: true };
      },
      isRoot,
    });
    return { ran, came: await answer.catch((error: Error) => error.message) };
  }

  it("is not installed where it is there", async () => {
    assert.deepEqual(await machine({ there: true }), { ran: [], came: DEBIAN });
  });

  it("is installed through apt, by sudo where one is not root", async () => {
    assert.deepEqual(await machine({}), { ran: ["apt-get install"], came: DEBIAN });
    assert.deepEqual(await machine({ isRoot: false }), { ran: ["sudo install"], came: DEBIAN });
  });

  it("is installed once the list of packages is there", async () => {
    assert.deepEqual(await machine({ fails: { install: 1 } }), {
      ran: ["apt-get install", "apt-get update", "apt-get install"],
      came: DEBIAN,
    });
  });

  it("is gone without, with the reason, where it cannot be had", async () => {
    assert.equal((await machine({ fails: { install: 2 } })).came, "no SoftHSM here: no network");
    assert.equal((await machine({ fails: { install: 9, update: 9 } })).came, "no SoftHSM here: no network");
  });
});
