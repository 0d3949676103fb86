/**
 * IAM's SimulatePrincipalPolicy, by the Query protocol and AWS's own signer. AWS's client for IAM is twice as large as the one for KMS,
 * which is much for one call. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { SignatureV4 } from "@smithy/signature-v4";
import type { KmsConnections } from "../../provider/kms/client/client.js";
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import { iamReach, refuseOtherHosts } from "../../provider/kms/endpoints/endpoint.js";
import { httpOptions } from "../../provider/kms/endpoints/http.js";
import { awsError } from "../../provider/kms/errors/awsErrors.js";
import { childOf, readXml, textIn, type XmlElement } from "./xml.js";

export interface SimulationRequest {
  actions: string[];
  /** An ARN, or "*". */
  resource: string;
  /** Condition keys with their values. */
  context: Record<string, string | number | boolean | string[]>;
}

export interface SimulationResult {
  action: string;
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Condition keys of the policies that the request has not. */
  missing: string[];
}

const OPERATION = "SimulatePrincipalPolicy";

/** Throws KeymgmtError: AccessDenied; AwsError with `awsName` "NoSuchEntity"; what credentials and endpoints throw. */
export async function simulatePrincipalPolicy(
  connections: KmsConnections,
  connection: KmsConnection,
  sourceArn: string,
  request: SimulationRequest,
): Promise<SimulationResult[]> {
  const { region, endpoint } = iamReach(connection);
  try {
    const form = formOf(sourceArn, request);
    const results: SimulationResult[] = [];
    // A page has one action or more.
    for (const _ of request.actions) {
      const answer = await send(connections, connection, form, { region, endpoint });
      const result = childOf(childOf(answer, `${OPERATION}Response`), `${OPERATION}Result`);
      results.push(...resultsIn(result));
      if (textIn(result, "IsTruncated") !== "true") break;
      form.set("Marker", textIn(result, "Marker"));
    }
    return results;
  } catch (error) {
    throw awsError(error, { service: "iam", operation: OPERATION, region, endpoint, repeatable: true });
  }
}

function formOf(sourceArn: string, { actions, resource, context }: SimulationRequest): URLSearchParams {
  const form = new URLSearchParams({ Action: OPERATION, Version: "2010-05-08", PolicySourceArn: sourceArn });
  for (const [index, action] of actions.entries()) form.append(`ActionNames.member.${index + 1}`, action);
  form.append("ResourceArns.member.1", resource);
  for (const [index, [name, value]] of Object.entries(context).entries()) {
    const entry = `ContextEntries.member.${index + 1}`;
    const type = Array.isArray(value) ? "stringList" : typeof value === "number" ? "numeric" : typeof value;
    form.append(`${entry}.ContextKeyName`, name);
    form.append(`${entry}.ContextKeyType`, type);
    for (const [at, each] of [value].flat().entries())
      form.append(`${entry}.ContextKeyValues.member.${at + 1}`, String(each));
  }
  return form;
}

async function send(
  connections: KmsConnections,
  connection: KmsConnection,
  form: URLSearchParams,
  { region, endpoint }: ReturnType<typeof iamReach>,
): Promise<XmlElement> {
  const { provider } = await connections.credentials(connection);
  const { protocol, hostname, port, host } = new URL(endpoint);
  const signer = new SignatureV4({ service: "iam", region, credentials: provider, sha256: Sha256 });
  const request = await signer.sign({
    method: "POST",
    protocol,
    hostname,
    ...(port !== "" && { port: Number(port) }),
    path: "/",
    query: {},
    headers: { host, "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: form.toString(),
  });
  const refuse = refuseOtherHosts(connection, connection.keyCollection);
  const handler = new NodeHttpHandler(httpOptions(connections.reading.time, { keepAlive: false, refuse }));
  try {
    const { response } = await handler.handle(request as Parameters<NodeHttpHandler["handle"]>[0]);
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const answer = readXml(Buffer.concat(chunks).toString());
    if (response.statusCode === 200) return answer;
    throw refusal(answer, response.statusCode);
  } finally {
    handler.destroy();
  }
}

/** In the form of the AWS SDK's errors. */
function refusal(answer: XmlElement, httpStatusCode: number): Error {
  const response = childOf(answer, "ErrorResponse");
  const error = childOf(response, "Error");
  return Object.assign(new Error(textIn(error, "Message")), {
    name: textIn(error, "Code") || "UnknownError",
    $metadata: { httpStatusCode, requestId: textIn(response, "RequestId") || undefined },
  });
}

function resultsIn(result: XmlElement): SimulationResult[] {
  return childOf(result, "EvaluationResults").children.map((member) => {
    // For a resource that is no "*" the condition keys that are missing stand beside the resource.
    const places = [member, ...childOf(member, "ResourceSpecificResults").children];
    const missing = places.flatMap((place) => childOf(place, "MissingContextValues").children);
    return {
      action: textIn(member, "EvalActionName"),
      decision: textIn(member, "EvalDecision") as SimulationResult["decision"],
      missing: [...new Set(missing.map(({ text }) => text))],
    };
  });
}

/** SHA-256, or HMAC-SHA-256 where there is a secret, in the form that the signer takes. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}
