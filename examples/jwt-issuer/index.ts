import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "pulumi-keymgmt";

const config = new pulumi.Config();

const kms = new KmsProvider("aws", { keyCollection: config.require("region") });
const key = new ManagedKey("issuer", {
  type: "ecdsa-p256", // ES256
  rotationTrigger: config.get("rotationTrigger"),
  minEnabledVersion: config.requireNumber("minEnabledVersion"),
  deletionAllowed: config.requireBoolean("deletionAllowed"),
});
const distribution = new KeyDistribution("issuer", {
  kms,
  key,
  purpose: ["sign", "verify"],
  // In a rotation verifiers have the new public key for this long before the first token is signed with it.
  publishBefore: config.require("publishBefore"),
});

export const alias = distribution.aliasName;
/** For the issuer's jwks_uri: the public keys of all enabled versions, and of one that does not sign yet. */
export const jwks = key.jwks;
