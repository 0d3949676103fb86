import * as pulumi from "@pulumi/pulumi";

/** The stack as the KMS keys' tags name it: `organization/project/stack`. */
export function stackName(): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
}
