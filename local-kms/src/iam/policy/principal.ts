/**
 * Whom a policy, a grant or a request names:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export interface Principal {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  readonly kind: "account" | "user" | "role" | "session" | "federated user";
  /** Of a user or role: with its path. Of a session: role name and session name. */
  readonly name: string;
}

const ARN = /^arn:(aws[a-z-]*):(iam|sts)::(\d{12}):([^:]+)$/;
const KINDS: readonly [Principal["kind"], service: string, resource: RegExp][] = [
  ["account", "iam", /^(root)$/],
  ["user", "iam", /^user\/([\w+=,.@/-]+)$/],
  ["role", "iam", /^role\/([\w+=,.@/-]+)$/],
  ["session", "sts", /^assumed-role\/([\w+=,.@-]+\/[\w+=,.@-]+)$/],
  ["federated user", "sts", /^federated-user\/([\w+=,.@-]+)$/],
];

/** Undefined where the ARN is none of an account, user, role, role session or federated user: groups are no principals. */
export function parsePrincipal(arn: string): Principal | undefined {
  const [, partition, service, account, resource] = ARN.exec(arn) ?? [];
  for (const [kind, of, form] of KINDS) {
    const name = of === service ? form.exec(resource!)?.[1] : undefined;
    if (name !== undefined) return { arn, partition: partition!, account: account!, kind, name };
  }
  return undefined;
}

export const accountArn = (partition: string, account: string) => `arn:${partition}:iam::${account}:root`;
