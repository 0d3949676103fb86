import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("orders", {
  rotationPeriod: config.require("rotationPeriod"),
  // Any change of it rotates, whatever the period says: a date, a ticket, a reason.
  rotationTrigger: config.get("rotationTrigger"),
  minEnabledVersion: config.requireNumber("minEnabledVersion"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
const distribution = new KeyDistribution("orders", { kms, key });

export const alias = distribution.aliasName;
export const latestVersion = key.latestVersion;
export const rotateAfter = key.rotateAfter;
/** The KMS key of each version: id, ARN, state. */
export const versions = distribution.versions;
