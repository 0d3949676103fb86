import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { API, type Shape, shapeOf } from "../../src/api/model.js";
import { sent } from "../sent.js";

/** Errors that AWS documents for every operation, and those of its JSON protocol and signatures. */
const COMMON_ERRORS = [
  // https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
  "AccessDeniedException",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InternalFailure",
  "NotAuthorizedException",
  "RequestEntityTooLargeException",
  "ServiceUnavailableException",
  "ThrottlingException",
  "UnknownOperationException",
  "UnrecognizedClientException",
  "ValidationException",
  // Of the protocol and of Signature Version 4.
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "SerializationException",
];

/** The deprecated enum has not grown with the other, and AWS's text says that both members have the same value. */
const SAME_VALUES: Readonly<Record<string, string>> = { CustomerMasterKeySpec: "KeySpec" };

/** What AWS does not have: the local KMS says so in these words. */
const NOT_BUILT = / is not built in this local KMS$/;

/** The model asks for a character at least, and AWS was recorded to show an unnamed grant with an empty name. */
const MAYBE_EMPTY = ["GrantNameType"];

/**
 * Holds every answer of the server on a port of this process, as it goes over the wire, against AWS's API model: names,
 * types, lengths, patterns and enums of members, required members, and which errors an operation has. The function
 * that it returns ends the watch and throws where an answer was not AWS's.
 */
export function watchAnswers(port: number): () => void {
  const wrong = new Set<string>();
  const onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const operation = /^TrentService\.(\w+)$/.exec(String(request.headers["x-amz-target"]))?.[1];
    if (request.socket.localPort !== port || !operation || !Object.hasOwn(API.operations, operation)) return;
    sent.add(operation);
    const { end } = response;
    response.end = ((body?: string) => {
      if (body === undefined) return end.call(response, undefined, "utf8"); // Node's own answer (417): not AWS's.
      for (const fault of faultsOf(operation, response.statusCode, body)) wrong.add(`${operation}: ${fault}`);
      return end.call(response, body, "utf8");
    }) as typeof end;
  };
  subscribe("http.server.request.start", onRequest);
  return () => {
    unsubscribe("http.server.request.start", onRequest);
    if (wrong.size > 0) throw new Error(`Answers that AWS's model does not have:\n${[...wrong].join("\n")}`);
  };
}

/** What is wrong with an answer; nothing where AWS could have given it. */
export function faultsOf(operation: string, status: number, body: string): string[] {
  const { output, errors } = API.operations[operation]!;
  if (status !== 200) return errorFaults(errors, JSON.parse(body));
  if (output === undefined) return body === "" ? [] : ["an operation without output has a body"];
  return valueFaults(shapeOf(output), JSON.parse(body), "");
}

function errorFaults(modelled: readonly string[], error: Record<string, unknown>): string[] {
  const { __type: type, [messageMember(error)]: message, ...others } = error;
  const faults = Object.keys(others).map((name) => `an error has no member ${name}`);
  if (typeof type !== "string" || !["string", "undefined"].includes(typeof message))
    return [...faults, "an error is its __type and perhaps a message"];
  if (modelled.includes(type) || COMMON_ERRORS.includes(type) || NOT_BUILT.test(String(message)))
    return faults;
  return [...faults, `${type} is not one of its errors (${message})`];
}

const messageMember = ({ __type }: Record<string, unknown>) =>
  __type === "AccessDeniedException" ? "Message" : "message";

function valueFaults(shape: Shape, value: unknown, at: string): string[] {
  switch (shape.type) {
    case "structure":
      return isObject(value) ? structureFaults(shape, value, at) : [`${at} is no object`];
    case "list":
      if (!Array.isArray(value)) return [`${at} is no list`];
      return [
        ...lengthFaults(shape, value.length, at),
        ...value.flatMap((member, i) => valueFaults(shapeOf(shape.member!), member, `${at}[${i}]`)),
      ];
    case "map":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, member]) =>
            valueFaults(shapeOf(shape.value!), member, `${at}.${key}`),
          )
        : [`${at} is no map`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at} is no boolean`];
    case "integer":
      return Number.isInteger(value)
        ? lengthFaults(shape, value as number, at)
        : [`${at} is no whole number`];
    case "timestamp":
      return typeof value === "number" && Number.isInteger(Math.round(value * 1e6) / 1000)
        ? []
        : [`${at} is not seconds with at most three decimals`];
    case "blob":
      if (typeof value !== "string" || Buffer.from(value, "base64").toString("base64") !== value)
        return [`${at} is not base64`];
      return lengthFaults(shape, Buffer.from(value, "base64").length, at);
    case "string":
      return typeof value === "string" ? stringFaults(shape, value, at) : [`${at} is no string`];
  }
}

function structureFaults(shape: Shape, value: Record<string, unknown>, at: string): string[] {
  const missing = (shape.required ?? []).filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) => `${at}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const inner = shape.members?.[name];
      if (member === "" && inner && MAYBE_EMPTY.includes(inner)) return [];
      return inner
        ? valueFaults(shapeOf(SAME_VALUES[inner] ?? inner), member, `${at}.${name}`)
        : [`${at}.${name} is not in the model`];
    }),
  ];
}

function stringFaults({ pattern, enum: names, ...limits }: Shape, value: string, at: string): string[] {
  const faults = lengthFaults(limits, value.length, at);
  if (names && !names.includes(value))
    faults.push(`${at} is ${value}, which is not one of ${names.join(", ")}`);
  if (pattern && !new RegExp(pattern).test(value)) faults.push(`${at} does not match ${pattern}`);
  return faults;
}

function lengthFaults({ min = 0, max = Infinity }: { min?: number; max?: number }, size: number, at: string) {
  return size < min || size > max ? [`${at} is ${size}, and not ${min} to ${max}`] : [];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
