import type { Reason } from "./decide.js";

const POLICY = {
  identity: { allow: "identity-based policy", deny: "an identity-based policy" },
  resource: { allow: "resource-based policy", deny: "a resource-based policy" },
  boundary: { allow: "permissions boundary", deny: "a permissions boundary" },
};

/**
 * AWS's words. Without a resource where AWS names none (tags that come with a new key).
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function denial(arn: string, action: string, resource: string | undefined, reason: Reason): string {
  const on = resource === undefined ? "" : ` on resource: ${resource}`;
  return `User: ${arn} is not authorized to perform: ${action}${on} ${because(action, reason)}`;
}

function because(action: string, { by, explicit }: Reason): string {
  if (by === "unseen") {
    return (
      "because the resource does not exist in this Region, no resource-based policies allow access, " +
      "or a resource-based policy explicitly denies access"
    );
  }
  return explicit
    ? `with an explicit deny in ${POLICY[by].deny}`
    : `because no ${POLICY[by].allow} allows the ${action} action`;
}
