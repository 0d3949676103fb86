/** The account of the programs here. */
const ACCOUNT = "111122223333";

export const keyPolicy = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

/** Lets the account's root do everything, as AWS's default key policy does. */
export const allowsRoot = (Sid?: string, account = ACCOUNT) => ({
  ...(Sid && { Sid }),
  ...statement("Allow", `arn:aws:iam::${account}:root`, "kms:*"),
});

/** Lets a role of the account decrypt. */
export const allowsRole = (role: string) =>
  statement("Allow", `arn:aws:iam::${ACCOUNT}:role/${role}`, "kms:Decrypt");

/** What somebody adds after a theft. */
export const deniesStolenRole = (Sid: string) => ({
  Sid,
  ...statement("Deny", `arn:aws:iam::${ACCOUNT}:role/stolen`, "kms:Decrypt"),
});

const statement = (Effect: string, AWS: string, Action: string) => ({
  Effect,
  Principal: { AWS },
  Action,
  Resource: "*",
});
