import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("webhooks", {
  type: "hmac-sha256",
  // Shared with who receives the webhooks. A change of it is a new version.
  material: config.requireSecret("material"),
  minEnabledVersion: config.requireNumber("minEnabledVersion"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
// For senders, one of each stack's own: a rotation moves it to the new version.
const extraAliases = [`alias/webhooks-${pulumi.getStack()}`];
const distribution = new KeyDistribution("webhooks", { kms, key, extraAliases });

export const alias = distribution.aliasName;
export const latestVersion = key.latestVersion;
