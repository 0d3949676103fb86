import type { KMSClient } from "@aws-sdk/client-kms";
import type { IamPrincipal } from "../../src/iam/config.js";
import { ACCOUNT, clientFor, EAST, start, type TestKms } from "../support.js";

export const OTHER_ACCOUNT = "444455556666";
export const user = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;
export const role = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
export const root = (account = ACCOUNT) => `arn:aws:iam::${account}:root`;

/** A policy document of these statements. */
export const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
export const allow = (Action: string | string[], more: object = {}) => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...more,
});
export const deny = (Action: string | string[], more: object = {}) => ({
  ...allow(Action, more),
  Effect: "Deny",
});

/** A key policy: the account may do everything, and what is added. */
export const keyPolicy = (...statements: object[]) =>
  JSON.stringify(policy({ ...allow("kms:*"), Principal: { AWS: root() } }, ...statements));

/** A local KMS with principals, each of which gets an access key. */
export interface PrincipalsKms extends TestKms {
  as(arn: string, region?: string): KMSClient;
}

/** The access key that a principal gets. */
export const secretOf = (arn: string) => ({
  accessKeyId: `AKIA${arn.replace(/\W/g, "")}`,
  secretAccessKey: `secret of ${arn}`,
});

export async function startWith(
  ...principals: (Omit<IamPrincipal, "accessKeys"> & { arn: string })[]
): Promise<PrincipalsKms> {
  const iam = {
    principals: principals.map((principal) => ({
      ...principal,
      accessKeys: [secretOf(principal.arn)],
    })),
  };
  const kms = await start({ config: { iam } });
  const clients: KMSClient[] = [];
  return {
    ...kms,
    as: (arn, region = EAST) => {
      const { accessKeyId, secretAccessKey } = secretOf(arn);
      const client = clientFor(kms.url, region, accessKeyId, secretAccessKey);
      clients.push(client);
      return client;
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await kms.close();
    },
  };
}
