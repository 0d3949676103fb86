import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { KmsError, serialization, unsupported } from "../api/errors.js";
import { readInput } from "../api/validate.js";
import type { Interception } from "../config.js";
import { sweep } from "../keys/sweep.js";
import type { Kms } from "../operations/call.js";
import { HANDLERS } from "../operations/handlers.js";
import { type Answer, asKmsError, errorAnswer, jsonAnswer } from "./answer.js";
import { type Credential, readAuthorization, requireService } from "./authorization.js";
import { keyIdOf, type RequestLogEntry } from "./requestLog.js";
import { callerIdentity, stsAction, stsError } from "./sts.js";
import { operationOf } from "./target.js";

/** An HTTP request as it came. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, as on the request line. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Observers {
  count(operation: string): void;
  log(entry: RequestLogEntry): void;
  /** A fault of this server, not of the caller. */
  fault(error: unknown): void;
}

/** Answers one request; undefined means: close the connection without an answer. */
export async function answer(
  kms: Kms,
  observers: Observers,
  request: WireRequest,
  requestId = randomUUID() as string,
): Promise<Answer | undefined> {
  const entry = {
    time: kms.settings.now().toISOString(),
    account: "",
    region: "",
    operation: "",
    keyId: "",
    outcome: "ok",
  };
  const action = stsAction(request);
  try {
    const given =
      action === undefined
        ? await answerKms(kms, observers, request, entry)
        : answerSts(observers, request, action, entry, requestId);
    if (!given) entry.outcome = "dropped";
    else if (given.errorType) entry.outcome = given.errorType;
    return given;
  } catch (error) {
    if (!(error instanceof KmsError)) observers.fault(error);
    entry.outcome = asKmsError(error).code;
    return action === undefined ? errorAnswer(error) : stsError(asKmsError(error), requestId);
  } finally {
    observers.log(entry);
  }
}

type Entry = { -readonly [K in keyof RequestLogEntry]: RequestLogEntry[K] };

function answerSts(
  observers: Observers,
  request: WireRequest,
  action: string,
  entry: Entry,
  requestId: string,
): Answer {
  entry.operation = `sts:${action}`;
  const credential = authenticate(request, "sts", entry);
  if (action !== "GetCallerIdentity")
    throw new KmsError("InvalidAction", `Could not find operation ${action} here`);
  observers.count("sts:GetCallerIdentity");
  return callerIdentity(credential, requestId);
}

async function answerKms(
  kms: Kms,
  observers: Observers,
  request: WireRequest,
  entry: Entry,
): Promise<Answer | undefined> {
  const operation = operationOf(request.headers["x-amz-target"]);
  entry.operation = operation;
  observers.count(operation);
  const credential = authenticate(request, "kms", entry);
  const body = parseBody(request.body);
  entry.keyId = keyIdOf(body);
  const { account, region } = credential;
  const interception = kms.settings.intercept({ operation, account, region, input: body });
  if (interception && interception.when !== "after") return intercepted(interception);
  const given = await carryOut(kms, credential, operation, body);
  return interception ? intercepted(interception) : given;
}

function authenticate(request: WireRequest, service: string, entry: Entry): Credential {
  const credential = readAuthorization(request.headers.authorization);
  entry.account = credential.account;
  entry.region = credential.region;
  requireService(credential, service);
  return credential;
}

async function carryOut(
  kms: Kms,
  { account, region }: Credential,
  operation: string,
  body: unknown,
): Promise<Answer> {
  const handler = HANDLERS[operation];
  if (!handler) throw unsupported(`${operation} is not built in this local KMS`);
  const input = readInput(operation, body);
  const now = kms.settings.now().getTime();
  await sweep(kms.store, now);
  return jsonAnswer(await handler({ account, region, operation, now, kms, store: kms.store }, input));
}

function parseBody(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw serialization("The request body is not valid JSON");
  }
}

function intercepted(interception: Interception): Answer | undefined {
  if ("drop" in interception) return undefined;
  const { name, message, status } = interception.error;
  return errorAnswer(new KmsError(name, message, status));
}
