import { setTimeout } from "node:timers/promises";
import { KmsError, serialization, unsupported } from "../api/errors.js";
import { readInput } from "../api/validate.js";
import type { Clock } from "../clock.js";
import type { Consistency } from "../consistency/consistency.js";
import { type Intercept, takesEffect } from "../faults/interception.js";
import { authorizeAccount } from "../iam/authorize.js";
import { type Caller, rootCaller } from "../iam/caller.js";
import { ON_THE_ACCOUNT } from "../iam/permissions.js";
import { checkGrantTokens } from "../keys/access/grant.js";
import { partitionOf } from "../keys/arn.js";
import { sweep } from "../keys/sweep.js";
import type { Call, Kms } from "../operations/call.js";
import { HANDLERS } from "../operations/handlers.js";
import { type RequestQuotas, throttled } from "../quotas/requestQuotas.js";
import { quotaUses } from "../quotas/uses.js";
import { NotStored } from "../store/notStored.js";
import type { Store } from "../store/store.js";
import { type Answer, asKmsError, errorAnswer, jsonAnswer } from "./answer.js";
import { type Credential, readAuthorization, requireService } from "./authorization.js";
import { IAM, simulatePrincipalPolicy } from "./iam.js";
import { formOf, queryAnswer, queryError } from "./query.js";
import { intercepted, outcomeOf, type Reply } from "./reply.js";
import { keyIdOf, type RequestLogEntry } from "./requestLog.js";
import { verify } from "./signature.js";
import { callerIdentity, STS } from "./sts.js";
import { operationOf } from "./target.js";
import type { WireRequest } from "./wireRequest.js";

/** The KMS and what stands between it and its callers. */
export interface Service {
  readonly kms: Kms;
  readonly clock: Clock;
  readonly quotas: RequestQuotas;
  readonly consistency: Consistency;
  readonly intercept: Intercept;
  readonly observers: Observers;
}

export interface Observers {
  count(operation: string): void;
  log(entry: RequestLogEntry): void;
  /** A fault of this server, not of the caller. */
  fault(error: unknown): void;
}

/** One request on its way: what came, and what the log will say of it. */
interface Passage {
  readonly request: WireRequest;
  readonly requestId: string;
  readonly entry: { -readonly [K in keyof RequestLogEntry]: RequestLogEntry[K] };
}

export async function answer(service: Service, request: WireRequest, requestId: string): Promise<Reply> {
  const time = new Date(service.clock.now()).toISOString();
  const blank = { account: "", region: "", operation: "", keyId: "", outcome: "", cause: "" };
  const passage: Passage = { request, requestId, entry: { ...blank, time, requestId } };
  const reply = await replyTo(service, passage);
  passage.entry.outcome = outcomeOf(reply);
  service.observers.log(passage.entry);
  return reply;
}

async function replyTo(service: Service, passage: Passage): Promise<Reply> {
  const form = formOf(passage.request);
  const action = form?.get("Action") ?? "";
  const isIam = action === "SimulatePrincipalPolicy";
  try {
    if (form === undefined) return await answerKms(service, passage);
    return {
      answer: isIam ? await answerIam(service, passage, form) : await answerSts(service, passage, action),
    };
  } catch (error) {
    if (!(error instanceof KmsError)) service.observers.fault(error);
    if (form === undefined) return { answer: errorAnswer(error) };
    return { answer: queryError(isIam ? IAM : STS, asKmsError(error), passage.requestId) };
  }
}

async function answerSts(service: Service, passage: Passage, action: string): Promise<Answer> {
  passage.entry.operation = `sts:${action}`;
  const { caller } = await authenticate(service, passage, "sts");
  if (action !== "GetCallerIdentity")
    throw new KmsError("InvalidAction", `Could not find operation ${action} here`);
  service.observers.count("sts:GetCallerIdentity");
  return queryAnswer(STS, action, callerIdentity(caller), passage.requestId);
}

async function answerIam(service: Service, passage: Passage, form: URLSearchParams): Promise<Answer> {
  const action = "SimulatePrincipalPolicy";
  passage.entry.operation = `iam:${action}`;
  const { caller } = await authenticate(service, passage, "iam");
  service.observers.count(`iam:${action}`);
  const result = simulatePrincipalPolicy(service.kms.settings.iam, caller, form);
  return queryAnswer(IAM, action, result, passage.requestId);
}

/** Authentication, then what stands in the way (faults, quotas), then the request itself. */
async function answerKms(service: Service, passage: Passage): Promise<Reply> {
  const { request, entry } = passage;
  const operation = operationOf(request.headers["x-amz-target"]);
  entry.operation = operation;
  service.observers.count(operation);
  const asker = await authenticate(service, passage, "kms");
  const input = parseBody(request.body);
  entry.keyId = keyIdOf(input);
  const interception = service.intercept({ ...placeOf(asker), operation, input });
  if (!interception) return { answer: await carryOut(service, passage, asker, input) };
  const given = takesEffect(interception) ? await carryOut(service, passage, asker, input) : undefined;
  if (interception.delayMillis) await setTimeout(interception.delayMillis, undefined, { ref: false });
  entry.cause = "fault";
  return intercepted(interception, given);
}

/** Who asks, and for which Region. */
interface Asker {
  readonly caller: Caller;
  readonly region: string;
}

const placeOf = ({ caller, region }: Asker) => ({ account: caller.account, region });

async function authenticate({ kms }: Service, passage: Passage, service: string): Promise<Asker> {
  const { request, entry } = passage;
  const credential = readAuthorization(request.headers.authorization);
  const { region, account } = credential;
  entry.account = account;
  entry.region = region;
  requireService(credential, service);
  const caller = await callerOf(kms, request, credential);
  entry.account = caller.account;
  return { caller, region };
}

/** Without configured access keys there is no secret to verify a signature by. */
async function callerOf(kms: Kms, request: WireRequest, credential: Credential): Promise<Caller> {
  const { credentials } = kms.settings.iam;
  if (!credentials) return rootCaller(partitionOf(credential.region), credential.account);
  return (await verify(request, credential, credentials.get(credential.accessKeyId))).caller;
}

async function carryOut(
  service: Service,
  { request, entry }: Passage,
  asker: Asker,
  body: unknown,
): Promise<Answer> {
  const { kms, clock, quotas, consistency } = service;
  const { operation } = entry;
  const place = placeOf(asker);
  if (
    quotas.enforced &&
    !quotas.take(place.account, quotaUses(kms.store, { ...place, operation, input: body }))
  ) {
    entry.cause = "quota";
    throw throttled();
  }
  const handler = HANDLERS[operation];
  if (!handler) throw unsupported(`${operation} is not built in this local KMS`);
  const input = readInput(operation, body);
  const now = clock.now();
  await sweep(kms.store, now);
  const { caller } = asker;
  const { sourceIp } = request;
  const view = consistency.view(operation, place);
  const call: Call = { ...place, caller, sourceIp, operation, input, now, kms, ...view };
  checkGrantTokens(call);
  if (ON_THE_ACCOUNT.includes(operation)) authorizeAccount(call, operation);
  return jsonAnswer(await whenStored(kms.store, () => handler(call, input)));
}

/**
 * No answer tells what a SIGKILL could undo: it waits for the commits that the request has seen. Where one of them could not
 * be stored, the request is carried out on what is stored; its own commit would have failed with it, so it has none.
 */
async function whenStored(store: Store, run: () => unknown): Promise<unknown> {
  for (;;) {
    const seen = store.settled();
    try {
      const output = await run();
      if (await seen) return output;
    } catch (error) {
      if (error instanceof NotStored || (await seen)) throw error;
    }
  }
}

function parseBody(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw serialization("The request body is not valid JSON");
  }
}
