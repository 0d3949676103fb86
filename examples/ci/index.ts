import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

// No credentials here: the workflow's come from OIDC by the environment, and none of them enters the stack's state.
const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("orders", {
  rotationPeriod: "90d",
  keystore: config.require("keystore"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
const distribution = new KeyDistribution("orders", { kms, key });

export const alias = distribution.aliasName;
export const latestVersion = key.latestVersion;
export const rotateAfter = key.rotateAfter;
