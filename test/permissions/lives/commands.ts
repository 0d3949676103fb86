/** Commands, run in this process: a life without a permission is then no slower than an update. */
import sinon from "sinon";
import { EXIT } from "../../../cli/exitCodes";
import { status } from "../../../cli/status/command";
import { sweep } from "../../../cli/sweep/command";
import { exportOf, fileOf } from "../../cli/support";
import { HOME, type Life, policy } from "../life";
import { foreign, stray } from "./given";
import type { TriedLife } from "./triedLife";

export const COMMAND_LIVES: TriedLife[] = [
  {
    name: "keymgmt status",
    feature: "status",
    features: ["status"],
    given: foreign,
    async live(life) {
      await life.asOwner(() => life.up("create", { distribution: { policy: policy(life, "Ours") } }));
      await statusOf(life);
    },
    without: {
      "kms:DescribeKey": "error at status, status --account; warning at status",
      "kms:GetKeyPolicy": "warning at status",
      "kms:ListResourceTags": "error at status --account; warning at status",
      "kms:ListKeys": "error at status --account",
    },
  },
  {
    name: "keymgmt sweep",
    feature: "sweep",
    features: ["sweep"],
    given: stray,
    async live(life) {
      await life.asOwner(() => life.up("create"));
      await sweepIn(life);
      await life.asOwner(() => life.up("after it"));
    },
    without: {
      "kms:ListKeys": "error at sweep, sweep --delete",
      "kms:ListResourceTags": "error at sweep, sweep --delete",
      "kms:DescribeKey": "error at sweep, sweep --delete",
      "kms:ListAliases": "error at sweep, sweep --delete",
      "kms:ScheduleKeyDeletion": "error at sweep --delete",
    },
  },
];

/** A step that is a command: what it prints is the error where it could not do its work. */
async function command(life: Life, step: string, run: () => Promise<number>): Promise<void> {
  await life.step(step, async () => {
    const out = sinon.stub(process.stdout, "write");
    const code = await run().finally(() => out.restore());
    if (code === EXIT.error) throw new Error(out.args.join("").replaceAll(/\s+/g, " "));
  });
}

async function statusOf(life: Life): Promise<void> {
  const { url: endpoint } = life.site;
  const state = [await fileOf(exportOf(life.program))];
  await command(life, "status", () => status({ state, endpoint }));
  await command(life, "status --account", () => status({ account: true, region: [HOME], endpoint }));
}

async function sweepIn(life: Life): Promise<void> {
  const { url: endpoint } = life.site;
  const state = [await fileOf(exportOf(life.program))];
  await command(life, "sweep", () => sweep({ state, endpoint, days: 30 }));
  await command(life, "sweep --delete", () => sweep({ state, endpoint, days: 30, delete: true, yes: true }));
}
