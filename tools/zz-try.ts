import { openProject } from "/work/main/test/e2e/support";
import { startLocalKms } from "/work/main/localkms";
async function main() {
  const kms = await startLocalKms();
  const t = (l: string) => console.log(l, ((Date.now() - t0) / 1000).toFixed(1));
  const t0 = Date.now();
  const p = await openProject({ exampleDir: "/work/main/examples/multi-region", env: { AWS_KMS_ENDPOINT: kms.url, AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "local" } });
  try {
  t("open");
  const say = (r: any) => console.log(r.stdout, "STDERR", r.stderr);
  say(await p.preview({diff:true})); t("preview --diff");
  say(await p.preview({})); t("preview");
  say(await p.up()); t("up");
  say(await p.stackOutput());
  await p.configSet({ rotationTrigger: "b" }); t("config");
  say(await p.preview({ diff: true })); t("preview");
  say(await p.preview({ })); t("preview");
  say(await p.up()); t("up");
  say(await p.stackOutput());
  await p.configSet({ minEnabledVersion: "2" });
  say(await p.preview({ diff: true })); t("preview");
  say(await p.up()); t("up");
  await p.configSet({ minEnabledVersion: "1" });
  say(await p.up()); t("up");
  say(await p.pulumi(["destroy","--yes"], {fails: true})); t("destroy refused");
  await p.configSet({ deletionAllowed: "true" });
  say(await p.up()); t("up");
  say(await p.pulumi(["destroy","--yes"])); t("destroy");
  } finally { await p.close(); await kms.close(); }
}
main();
