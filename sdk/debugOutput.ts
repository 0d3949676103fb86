import { RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";

/**
 * Keeps secrets out of `pulumi up --debug`: @pulumi/pulumi's runtime writes every answer of the engine into its debug log by
 * its `toString` (runtime/resource.ts, "RegisterResource RPC finished: …, resp: …"), secret outputs such as a keyring in clear
 * text among them. With this an answer is written as the URN and id that it is about.
 */
RegisterResourceResponse.prototype.toString = function (this: RegisterResourceResponse): string {
  return `${this.getUrn()} ${this.getId()} (outputs are left out: they may hold secrets)`;
};
