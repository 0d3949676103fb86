import { RegisterResourceResponse, ResourceInvokeResponse } from "@pulumi/pulumi/proto/resource_pb";

/**
 * Keeps secrets out of `pulumi up --debug`. The runtime of @pulumi/pulumi writes every answer of the engine into its debug log with
 * `toString` (runtime/resource.ts, "RegisterResource RPC finished: …, resp: …"; runtime/invoke.ts, "Invoke RPC finished: …"). That
 * includes secret outputs, such as a keyring, in plain text. With this change only the URN and the id of a registration are written.
 */
RegisterResourceResponse.prototype.toString = function (this: RegisterResourceResponse): string {
  return `${this.getUrn()} ${this.getId()} (outputs are left out: they may hold secrets)`;
};

ResourceInvokeResponse.prototype.toString = () => "(left out: it may hold secrets)";
