import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("issuer", {
  type: config.require<"ecdsa-p256" | "ed25519">("keyType"),
  rotationTrigger: config.get("rotationTrigger"),
  minEnabledVersion: config.requireNumber("minEnabledVersion"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
const distribution = new KeyDistribution("issuer", { kms, key, purpose: ["sign", "verify"] });

export const alias = distribution.aliasName;
/** For the issuer's jwks_uri: the public keys of all enabled versions. */
export const jwks = key.jwks;
