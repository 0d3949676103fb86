import { tagsThatCount } from "../../keys/access/tags.js";
import { emptyIsNone, encryptionContext, type Facts, ofOperation, tagsOf, type Value } from "../facts.js";
import type { Lookup } from "./conditions.js";

type Source = (facts: Facts) => Value;

/**
 * Every condition key there is here, in small letters (their names have no case), and where its value comes from.
 * Sources: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const OF_THE_CALLER: Readonly<Record<string, Source>> = {
  "aws:principalaccount": ({ call }) => call.caller.account,
  "aws:principalarn": ({ call }) => call.caller.principal.arn,
  "aws:principaltype": ({ call }) => PRINCIPAL_TYPES[call.caller.principal.kind],
  "aws:userid": ({ call }) => call.caller.userId,
  "aws:username": ({ call: { caller } }) =>
    caller.principal.kind === "user" ? caller.principal.name.split("/").at(-1) : undefined,
  "kms:calleraccount": ({ call }) => call.caller.account,
};

const PRINCIPAL_TYPES: Readonly<Record<string, string>> = {
  account: "Account",
  user: "User",
  role: "AssumedRole",
};

const OF_THE_REQUEST: Readonly<Record<string, Source>> = {
  "aws:currenttime": ({ call }) => new Date(call.now).toISOString(),
  "aws:epochtime": ({ call }) => String(Math.floor(call.now / 1000)),
  "aws:requestedregion": ({ call }) => call.region,
  // AWS's endpoints speak TLS only, and this one stands for them.
  "aws:securetransport": () => "true",
  "aws:sourceip": ({ call }) => call.sourceIp,
  "aws:viaawsservice": () => "false",
  "aws:principalisawsservice": () => "false",
  "aws:tagkeys": ({ call }) => (call.input.TagKeys as string[]) ?? tagsOf(call)?.map(({ TagKey }) => TagKey),
  "kms:encryptionalgorithm": (facts) => algorithmOf(facts),
  "kms:encryptioncontextkeys": (facts) => emptyIsNone(Object.keys(encryptionContext(facts))),
  "kms:grantconstrainttype": ({ call }) =>
    call.operation === "CreateGrant" ? emptyIsNone(Object.keys(call.input.Constraints ?? {})) : undefined,
  // Only AWS services that call on a principal's behalf make it true.
  "kms:grantisforawsresource": ({ call }) =>
    ["CreateGrant", "ListGrants", "RevokeGrant"].includes(call.operation) ? "false" : undefined,
  "kms:requestalias": ({ requestAlias }) => requestAlias,
  "kms:reencryptonsamekey": ({ onSameKey }) => (onSameKey === undefined ? undefined : String(onSameKey)),
};

/** Of the key that is used, or of the one that is to be created. */
const OF_THE_KEY: Readonly<Record<string, Source>> = {
  "aws:resourceaccount": ({ key }) => key?.account,
  "kms:keyorigin": (facts) => facts.key?.origin ?? ofOperation(facts, ["CreateKey"], "Origin", "AWS_KMS"),
  "kms:keyspec": (facts) => facts.key?.spec ?? newKeySpec(facts),
  "kms:customermasterkeyspec": (facts) => facts.key?.spec ?? newKeySpec(facts),
  "kms:keyusage": (facts) => facts.key?.usage ?? newKeyUsage(facts),
  "kms:customermasterkeyusage": (facts) => facts.key?.usage ?? newKeyUsage(facts),
  "kms:multiregion": (facts) =>
    facts.key
      ? String(facts.key.multiRegion !== undefined)
      : ofOperation(facts, ["CreateKey"], "MultiRegion", "false"),
  "kms:multiregionkeytype": (facts) =>
    facts.key?.multiRegion ??
    (ofOperation(facts, ["CreateKey"], "MultiRegion") === "true" ? "PRIMARY" : undefined),
  "kms:resourcealiases": ({ call, key }) =>
    key &&
    emptyIsNone(
      call.store
        .aliasesOf(key)
        .filter(({ targetKeyId }) => targetKeyId === key.id)
        .map(({ name }) => name),
    ),
};

const newKeySpec = (facts: Facts) =>
  ofOperation(facts, ["CreateKey"], "KeySpec") ??
  ofOperation(facts, ["CreateKey"], "CustomerMasterKeySpec", SYMMETRIC);
const newKeyUsage = (facts: Facts) => ofOperation(facts, ["CreateKey"], "KeyUsage", "ENCRYPT_DECRYPT");

const SYMMETRIC = "SYMMETRIC_DEFAULT";
const DATA_KEY_PAIRS = ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"];
const DATA_KEYS = ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext", ...DATA_KEY_PAIRS];

/** Of a data key always the one algorithm there is. */
function algorithmOf(facts: Facts): Value {
  if (facts.action === "ReEncryptFrom")
    return ofOperation(facts, ["ReEncrypt"], "SourceEncryptionAlgorithm", SYMMETRIC);
  if (facts.action === "ReEncryptTo")
    return ofOperation(facts, ["ReEncrypt"], "DestinationEncryptionAlgorithm", SYMMETRIC);
  return ofOperation(facts, ["Encrypt", "Decrypt", ...DATA_KEYS], "EncryptionAlgorithm", SYMMETRIC);
}

const MACS = ["GenerateMac", "VerifyMac"];
const SIGNATURES = ["Sign", "Verify"];

/**
 * Keys whose value is a member of the request's input, in some operations. A default of AWS's counts as given, except
 * for BypassPolicyLockoutSafetyCheck and ExpirationModel, of which AWS's examples say that `Null` is true then.
 */
const OF_THE_INPUT: Readonly<
  Record<string, readonly [operations: string[], member: string, usual?: string]>
> = {
  "kms:bypasspolicylockoutsafetycheck": [["CreateKey", "PutKeyPolicy"], "BypassPolicyLockoutSafetyCheck"],
  "kms:datakeypairspec": [DATA_KEY_PAIRS, "KeyPairSpec"],
  "kms:expirationmodel": [["ImportKeyMaterial"], "ExpirationModel"],
  "kms:granteeprincipal": [["CreateGrant"], "GranteePrincipal"],
  "kms:grantoperations": [["CreateGrant"], "Operations"],
  "kms:keyagreementalgorithm": [["DeriveSharedSecret"], "KeyAgreementAlgorithm"],
  "kms:macalgorithm": [MACS, "MacAlgorithm"],
  "kms:messagetype": [SIGNATURES, "MessageType", "RAW"],
  "kms:policyname": [["GetKeyPolicy", "PutKeyPolicy"], "PolicyName", "default"],
  "kms:primaryregion": [["UpdatePrimaryRegion"], "PrimaryRegion"],
  "kms:replicaregion": [["ReplicateKey"], "ReplicaRegion"],
  "kms:retiringprincipal": [["CreateGrant"], "RetiringPrincipal"],
  "kms:rotationperiodindays": [["EnableKeyRotation"], "RotationPeriodInDays", "365"],
  "kms:schedulekeydeletionpendingwindowindays": [["ScheduleKeyDeletion"], "PendingWindowInDays", "30"],
  "kms:signingalgorithm": [SIGNATURES, "SigningAlgorithm"],
  "kms:validto": [["ImportKeyMaterial"], "ValidTo"],
  "kms:wrappingalgorithm": [["GetParametersForImport"], "WrappingAlgorithm"],
  "kms:wrappingkeyspec": [["GetParametersForImport"], "WrappingKeySpec"],
};

/** Keys that hold a name of the caller's choice behind their prefix; it has no case either. */
const BY_PREFIX: Readonly<Record<string, (facts: Facts, name: string) => Value>> = {
  "aws:requesttag/": ({ call }, name) =>
    tagsOf(call)?.find(({ TagKey }) => TagKey.toLowerCase() === name)?.TagValue,
  "aws:resourcetag/": ({ call, key }, name) =>
    key && tagsThatCount(call, key).find(({ TagKey }) => TagKey!.toLowerCase() === name)?.TagValue,
  "kms:encryptioncontext:": (facts, name) =>
    Object.entries(encryptionContext(facts)).find(([key]) => key.toLowerCase() === name)?.[1],
};

/** The values of condition keys for one authorization; each is worked out only when a policy asks. */
export function lookupIn(facts: Facts): Lookup {
  return (key) => {
    const value = valueIn(facts, key.toLowerCase());
    return typeof value === "string" ? [value] : value;
  };
}

function valueIn(facts: Facts, key: string): Value {
  const source = entry(OF_THE_CALLER, key) ?? entry(OF_THE_REQUEST, key) ?? entry(OF_THE_KEY, key);
  if (source) return source(facts);
  const input = entry(OF_THE_INPUT, key);
  if (input) return ofOperation(facts, ...input);
  for (const [prefix, find] of Object.entries(BY_PREFIX)) {
    if (key.startsWith(prefix)) return find(facts, key.slice(prefix.length));
  }
  return undefined;
}

const entry = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
