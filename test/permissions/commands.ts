/** Commands of the CLI, run in this process: a life without a permission is then no slower than an update. */
import sinon from "sinon";
import { EXIT } from "../../cli/exitCodes";
import { status } from "../../cli/status/command";
import { sweep } from "../../cli/sweep/command";
import { exportOf, fileOf } from "../cli/support";
import { HOME, type Life } from "./life";

/** A step that is a command: what it prints is the error where it could not do its work. */
async function command(life: Life, step: string, run: () => Promise<number>): Promise<void> {
  await life.step(step, async () => {
    const out = sinon.stub(process.stdout, "write");
    const code = await run().finally(() => out.restore());
    if (code === EXIT.error) throw new Error(out.args.join("").replaceAll(/\s+/g, " "));
  });
}

export async function statusOf(life: Life): Promise<void> {
  const { url: endpoint } = life.site;
  const state = [await fileOf(exportOf(life.program))];
  await command(life, "status", () => status({ state, endpoint }));
  await command(life, "status --account", () => status({ account: true, region: [HOME], endpoint }));
}

export async function sweepIn(life: Life): Promise<void> {
  const { url: endpoint } = life.site;
  const state = [await fileOf(exportOf(life.program))];
  await command(life, "sweep", () => sweep({ state, endpoint, days: 30 }));
  await command(life, "sweep --delete", () => sweep({ state, endpoint, days: 30, delete: true, yes: true }));
}
