/**
 * The AWS SDK's packages. Each is loaded where it is first used: a run without changes uses none. `import()` would search the text of
 * these CommonJS packages for the names of their exports first, which takes longer than to load them.
 */

export const clientKms = () => require("@aws-sdk/client-kms") as typeof import("@aws-sdk/client-kms");

export const clientServiceQuotas = () =>
  require("@aws-sdk/client-service-quotas") as typeof import("@aws-sdk/client-service-quotas");

export const clientSts = () => require("@aws-sdk/client-sts") as typeof import("@aws-sdk/client-sts");

export const credentialProviders = () =>
  require("@aws-sdk/credential-providers") as typeof import("@aws-sdk/credential-providers");

export const errorClassification = () =>
  require("@smithy/service-error-classification") as typeof import("@smithy/service-error-classification");

export const utilWaiter = () => require("@smithy/util-waiter") as typeof import("@smithy/util-waiter");
