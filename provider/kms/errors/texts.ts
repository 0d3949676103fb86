/**
 * Texts of AWS, of its SDK and of Node, for errors whose name alone does not say enough. Each pattern matches the whole text: users
 * choose the names of keys, aliases, roles and profiles, and no such name may match. Any text of AWS may be missing.
 */
import type { KeyState } from "../keyState";

/** A KMS key as AWS names it in an error: its ARN, or the id that the caller sent. An alias has a slash, so it does not match. */
const KMS_KEY = String.raw`(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+|[\w-]+)`;

/**
 * KMSInvalidStateException stands for several states; only its text names the state.
 * "arn:aws:kms:us-west-2:…:key/… is pending deletion." and "… is pending import." were recorded in hashicorp/terraform-provider-aws,
 * internal/service/kms, and in localstack's snapshots taken on AWS. The other texts are assumed to have the same form; no recording of
 * them is known.
 */
const STATES: readonly [words: string, state: KeyState][] = [
  ["pending deletion", "PendingDeletion"],
  ["pending replica deletion", "PendingReplicaDeletion"],
  ["pending import", "PendingImport"],
  ["creating", "Creating"],
  ["updating", "Updating"],
];

/** The state that a KMSInvalidStateException names; undefined where it names none. */
export function stateInText(text: string): KeyState | undefined {
  const [, words] = new RegExp(`^${KMS_KEY} is ([a-z ]+?)\\.?$`).exec(text) ?? [];
  return STATES.find(([said]) => said === words)?.[1];
}

/** RotateKeyOnDemand while AWS does not yet see the new material in every Region. Recorded in localstack's snapshots taken on AWS. */
const NOTHING_TO_ROTATE = new RegExp(
  `^No available key material pending rotation for the key: ${KMS_KEY}\\.?$`,
);

export const saysNothingToRotate = (text: string) => NOTHING_TO_ROTATE.test(text);

/** MalformedPolicyDocumentException: the only fault of a key policy that may disappear without a change. The text names no principal. */
const INVALID_PRINCIPALS = /^Policy contains a statement with one or more invalid principals\.?$/;

export const saysInvalidPrincipals = (text: string) => INVALID_PRINCIPALS.test(text);

/** The AWS SDK's text for an error that came without one. */
export const isNoText = (text: string) => text === "" || text === "UnknownError";

/**
 * AccessDeniedException: "User: arn:… is not authorized to perform: kms:CreateKey on resource: arn:… because no identity-based policy
 * allows the kms:CreateKey action", or "… with an explicit deny in a service control policy".
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
const DENIAL = /^User: (\S+) is not authorized to perform: ([\w-]+:\w+)(?: .*)?$/s;
const EXPLICIT = / with an explicit deny in an? [A-Za-z-]+(?: [A-Za-z-]+)*(?:: \S+)?\.?$/;

/** The parts of a denial's text. A part that the text does not name is undefined. */
export interface Denial {
  principal?: string;
  permission?: string;
  isExplicit: boolean;
}

export function denialInText(text: string): Denial {
  const [, principal, permission] = DENIAL.exec(text) ?? [];
  const isArn = principal?.startsWith("arn:");
  return {
    principal: isArn ? principal : undefined,
    permission,
    isExplicit: permission !== undefined && EXPLICIT.test(text),
  };
}

/** @smithy/node-http-handler's connection timeout, and a TLS handshake that ended early in Node. Neither error has a code of its own. */
const NO_CONNECTION = [
  /^(?:@smithy\/node-http-handler - )?the request socket did not establish a connection with the server within the configured timeout of \d+ ms\.$/i,
  /^Client network socket disconnected before secure TLS connection was established$/,
];

export const saysNoConnection = (text: string) => NO_CONNECTION.some((pattern) => pattern.test(text));

/** @aws-sdk/credential-provider-ini, where the profile `default` does not exist or holds no credentials. */
const NO_DEFAULT_PROFILE =
  "Could not resolve credentials using profile: [default] in configuration/credentials file(s).";

export const saysNoDefaultProfile = (text: string) => text === NO_DEFAULT_PROFILE;
