import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("${PROJECT}", {
  replicaRegions: [config.require("replicaRegion")],
  rotationPeriod: "90d",
  rotationTrigger: config.get("rotationTrigger"),
  minEnabledVersion: config.requireNumber("minEnabledVersion"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
/** For applications. With the stack's name, because each stack of an account needs an alias of its own. */
export const alias = `alias/${pulumi.getProject()}-${pulumi.getStack()}`;
const distribution = new KeyDistribution("${PROJECT}", { kms, key, extraAliases: [alias] });
distribution.replicate();

export const version = key.latestVersion;
/** An update on or after this date rotates the key. */
export const rotateAfter = key.rotateAfter;
