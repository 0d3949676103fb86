import type { Caller } from "../iam/caller.js";

/**
 * STS GetCallerIdentity, because SDKs and tools ask it for the account.
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const STS = "https://sts.amazonaws.com/doc/2011-06-15/";

export const callerIdentity = ({ arn, userId, account }: Caller) =>
  `<Arn>${arn}</Arn><UserId>${userId}</UserId><Account>${account}</Account>`;
