import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("primaryRegion") });
const key = new ManagedKey("orders", {
  replicaRegions: ["us-east-1", "eu-west-1"],
  rotationTrigger: config.get("rotationTrigger"),
  minEnabledVersion: config.requireNumber("minEnabledVersion"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
// For applications, in every Region, one for each stack. A rotation moves it too.
const extraAliases = [`alias/orders-${pulumi.getStack()}`];
const distribution = new KeyDistribution("orders", { kms, key, extraAliases });
const replicas = distribution.replicate();

/** The distribution's own alias, which has the same name in every Region too. */
export const alias = distribution.aliasName;
export const primary = distribution.primaryRegion;
export const versions = distribution.versions;
export const replicaArns = replicas.map((replica) => replica.keyArn);
