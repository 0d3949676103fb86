/**
 * `make bench`: what pulumi-keymgmt costs, as ratios to the least that Pulumi costs for the same keys (bench/baseline) and to Terraform, all
 * in one run on one machine. It writes the tables of docs/performance.md.
 *
 * `--small`: ten keys and nothing else, and no document. It fails where a ratio misses its goal by more than a quarter.
 */
import { parseArgs } from "node:util";
import { CreateKeyCommand, GetParametersForImportCommand, KMSClient } from "@aws-sdk/client-kms";
import { type LocalKms, startLocalKms } from "../local-kms/src/index";
import { machine, pacingTable, startUpTable, writeTables } from "./document";
import { type Compared, LENIENCE, missed, table } from "./goals";
import { measure } from "./measure";
import { paced } from "./pacing";
import { startUp } from "./startUp";
import { baseline, ours, SECRET, type Subject, stateOfOne, terraformSubject } from "./subjects";

const ROUNDS = 3;

const WITHOUT_TERRAFORM =
  "Terraform is left out: KEYMGMT_TF_MIRROR names no filesystem mirror with hashicorp/aws.";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { small: { type: "boolean", default: false }, keys: { type: "string" } },
  });
  const isSmall = values.small;
  const keys = Number(values.keys ?? (isSmall ? 10 : 100));
  const mirror = isSmall ? undefined : process.env.KEYMGMT_TF_MIRROR;
  const compared = await compare(keys, ROUNDS, mirror);
  const cost = `${keys} keys with an alias each, on ${machine()}.${mirror ? "" : ` ${WITHOUT_TERRAFORM}`}\n\n${table(compared)}`;
  console.log(cost);
  const misses = missed(compared, isSmall ? LENIENCE : 1);
  for (const sentence of misses) console.log(`missed: ${sentence}`);
  if (isSmall) {
    process.exitCode = misses.length > 0 ? 1 : 0;
    return;
  }
  const one = await paced(25, 0);
  const two = await paced(25, 1);
  const pacing = pacingTable([
    { what: "25 keys in one Region", most: 1.08, paced: one.made },
    { what: "their rotation", most: 1.08, paced: one.rotated },
    { what: "25 keys in two Regions", most: 1.15, paced: two.made },
    { what: "their rotation", most: 1.15, paced: two.rotated },
  ]);
  console.log(`\n${pacing}`);
  const start = startUpTable(startUp());
  console.log(`\n${start}`);
  if (values.keys === undefined) writeTables({ cost, pacing, "start-up": start });
}

/** Measures all in turn on one local KMS that has no quotas and generates one RSA key of each size. */
async function compare(keys: number, rounds: number, mirror: string | undefined): Promise<Compared> {
  const local = await startLocalKms({ config: { importKeyPool: { reuse: true } } });
  const subjects: Subject[] = [];
  const open = async (subject: Promise<Subject>) => subjects.push(await subject);
  try {
    await generateWrappingKey(local);
    const like = await stateOfOne(local);
    await open(ours(local, { keys, isLifted: true }));
    await open(baseline(local, keys, 2));
    await open(baseline(local, keys, 3));
    await open(baseline(local, keys, 2, like));
    if (mirror) await open(terraformSubject(local, keys, mirror));
    const [own, least, three, alike, terraform] = await measure(subjects, keys, rounds);
    return { ours: own!, baseline: least!, three: three!, alike: alike!, terraform };
  } finally {
    for (const subject of subjects) await subject.close();
    await local.close();
  }
}

/** Generating the RSA key takes seconds, which the first of the subjects would wait for. */
async function generateWrappingKey({ url }: LocalKms): Promise<void> {
  const credentials = { accessKeyId: "100000000031", secretAccessKey: SECRET };
  const client = new KMSClient({ endpoint: url, region: "us-west-1", credentials });
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  const WrappingAlgorithm = "RSAES_OAEP_SHA_256";
  const { KeyId } = KeyMetadata!;
  await client.send(
    new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: "RSA_4096" }),
  );
  client.destroy();
}

void main();
