import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.mjs";
import { run } from "../run.mjs";
import { version, whole } from "./pulumi.mjs";

export const key = `engine-${version}-release-${process.platform}-${process.arch}`;

/** The release that Pulumi's own npm package downloads when it first runs. */
export async function release() {
  const folder = await cached(key, { valid: whole, make: download });
  return { bin: join(folder, "bin"), version, how: "the release that the npm package pulumi downloads" };
}

/**
 * The package is a small wrapper: run.js downloads the release into $PULUMI_HOME/versions. Where it cannot, this must
 * be known in seconds, so npm does not try again and a wrapper that falls silent is ended.
 */
async function download(staging) {
  const wrapper = join(staging, "wrapper");
  mkdirSync(wrapper);
  const npm = [
    "install",
    "--prefix",
    wrapper,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    `pulumi@${version}`,
  ];
  const install = await run("npm", npm, {
    cwd: wrapper,
    env: {
      npm_config_fetch_retries: "0",
      npm_config_fetch_timeout: "15000",
      npm_config_update_notifier: "false",
    },
    limitSeconds: 60,
    idleSeconds: 30,
  });
  if (!install.ok) throw new Error(`npm cannot install it: ${install.cause}`);

  const home = join(staging, "home");
  const wrapped = await run(
    process.execPath,
    [join(wrapper, "node_modules", "pulumi", "run.js"), "version"],
    {
      env: { PULUMI_HOME: home, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" },
      limitSeconds: 900,
      idleSeconds: 20,
    },
  );
  if (!wrapped.ok) throw new Error(`its download of the release fails: ${wrapped.cause}`);

  renameSync(join(home, "versions", version, "bin"), join(staging, "bin"));
  rmSync(home, { recursive: true });
  rmSync(wrapper, { recursive: true });
  if (!(await whole(staging))) throw new Error("what it downloaded is not whole");
}
