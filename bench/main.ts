/** `make bench`: what pulumi-keymgmt costs, as ratios to the least that Pulumi costs and to Terraform, all in one run. */
import { startLocalKms } from "../local-kms/src/index";
import { measure } from "./measure";
import { baseline, ours, type Subject, terraformSubject } from "./subjects";

async function main(): Promise<void> {
  const keys = Number(process.argv[2] ?? 100);
  const rounds = Number(process.argv[3] ?? 3);
  const only = process.argv[4]?.split(",");
  const local = await startLocalKms({ config: { importKeyPool: { reuse: true } } });
  const subjects: Subject[] = [];
  try {
    const wanted = (name: string) => !only || only.includes(name);
    if (wanted("b2")) subjects.push(await baseline(local, keys, 2));
    if (wanted("ours")) subjects.push(await ours(local, keys));
    if (wanted("b3")) subjects.push(await baseline(local, keys, 3));
    if (process.env.KEYMGMT_TF_MIRROR && wanted("tf"))
      subjects.push(await terraformSubject(local, keys, process.env.KEYMGMT_TF_MIRROR));
    const measured = await measure(subjects, rounds);
    for (const [n, one] of measured.entries())
      console.log(subjects[n]!.name, JSON.stringify({ ...one, state: one.state / keys }));
  } finally {
    for (const subject of subjects) await subject.close();
    await local.close();
  }
}

void main();
