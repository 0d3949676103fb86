import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("orders", { deletionAllowed: config.requireBoolean("deletionAllowed") });
const distribution = new KeyDistribution("orders", { kms, key });

/** What applications use: it stays the same when the key is rotated. */
export const alias = distribution.aliasName;
export const kmsKey = distribution.keyArn;
