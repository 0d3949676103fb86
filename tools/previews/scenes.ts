/** The programs and the circumstances of docs/previews.md, previewed by the real engine. */
import { randomBytes } from "node:crypto";
import { CreateAliasCommand, DeleteAliasCommand, DisableKeyCommand } from "@aws-sdk/client-kms";
import { createExternalKey, importMaterial } from "../../local-kms/test/support";
import { ABROAD, HOME, type Stage } from "./stage";

const KMS = `const kms = new KmsProvider("aws", { keyCollection: "${HOME}" });`;

/** One key with a replica. */
export const replicated = ({ region = ABROAD, more = "" } = {}) => `${KMS}
const key = new ManagedKey("orders", { replicaRegions: ["${region}"], rotationPeriod: "90d"${more} });
const distribution = new KeyDistribution("orders", { kms, key });
distribution.replicate();`;

/** The key of it, no longer distributed. */
export const undistributed = () => replicated().split("\n").slice(0, 2).join("\n");

export async function replicatedScenes(stage: Stage) {
  const create = await stage.preview(replicated());
  await stage.up(replicated());
  await stage.makeOlder("ManagedKey::orders", { rotatedOn: "2020-01-01", rotateAfter: "2020-03-31" });
  const rotation = await stage.preview(replicated());
  await stage.up(replicated());
  const minimum = await stage.preview(replicated({ more: ", minEnabledVersion: 2" }));
  const refused = await stage.preview(replicated({ region: "eu-central-1" }), { fails: true });
  const removal = await stage.preview(undistributed());
  const { aliasName: AliasName, keyId: KeyId } = await stage.outputs("KeyDistribution::orders");
  await stage.client(ABROAD).send(new DisableKeyCommand({ KeyId }));
  await stage.client(HOME).send(new DeleteAliasCommand({ AliasName }));
  const drift = await stage.preview(replicated(), { args: ["--refresh"] });
  return { create, rotation, minimum, refused, removal, drift };
}

/** A key that signs, with a replica. */
export const signing = (trigger = "1") => `${KMS}
const tokens = new ManagedKey("tokens", { type: "ecdsa-p256", replicaRegions: ["${ABROAD}"], rotationTrigger: "${trigger}" });
const signing = new KeyDistribution("tokens", { kms, key: tokens, publishBefore: "24h" });
signing.replicate();`;

export async function signingScenes(stage: Stage) {
  await stage.up(signing());
  const published = await stage.preview(signing("2"));
  await stage.up(signing("2"));
  const waits = await stage.preview(signing("2"));
  await stage.publishedAt("2020-01-01T12:00:00.000Z");
  const moves = await stage.preview(signing("2"));
  return { published, waits, moves };
}

/** In one Region, a key whose material expires and one that rotates on demand. */
export const single = ({ trigger = "1", more = "" } = {}) => `${KMS}
const invoices = new ManagedKey("invoices");
new KeyDistribution("invoices", { kms, key: invoices, validFor: "90d" });
const ledger = new ManagedKey("ledger", { rotationTrigger: "${trigger}" });
new KeyDistribution("ledger", { kms, key: ledger, rotationStrategy: "on-demand" });${more}`;

/** And one that takes over what Vault has made. */
export const adopting = (aliasName: string) =>
  single({
    more: `
const payments = new ManagedKey("payments");
new KeyDistribution("payments", { kms, key: payments, adopt: { aliasName: "${aliasName}" } });`,
  });

const VAULTS = "alias/hashicorp/payments-1700000000";

export async function singleScenes(stage: Stage) {
  await stage.up(single());
  const onDemand = await stage.preview(single({ trigger: "2" }));
  const home = stage.client(HOME);
  const { KeyId } = await createExternalKey(home);
  await importMaterial(home, KeyId, randomBytes(32));
  await home.send(new CreateAliasCommand({ AliasName: VAULTS, TargetKeyId: KeyId }));
  const adoption = await stage.preview(adopting(VAULTS));
  await stage.makeOlder("KeyDistribution::invoices", { importedOn: "2020-01-01", renewAfter: "2020-03-01" });
  const expiry = await stage.preview(single());
  return { onDemand, adoption, expiry };
}
