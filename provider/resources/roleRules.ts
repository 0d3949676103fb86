/**
 * Rules for the roles of a KmsProvider: the limits that AWS documents. No message repeats a value: session tags may be secret, and a
 * user may have put a token where an ARN belongs.
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (a test holds them to the model of botocore),
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
import { parseRoleArn } from "../kms/arn";
import { tokenFileMistakes } from "../kms/credentials/identityToken";
import { type KmsConnection, rolesOf } from "../kms/endpoints/connection";
import { isRegion, partitionOf } from "../kms/endpoints/regions";
import type { AssumeRole } from "../schema/types";
import { isUnknown, known } from "../schema/unknowns";
import { jsonObjectMistakes, wholeNumberMistakes } from "./rules";

/** Characters and lengths of AssumeRole's texts. */
export const TEXTS = {
  sessionName: { pattern: /^[\w+=,.@-]*$/, min: 2, max: 64, characters: 'letters, digits and "_+=,.@-"' },
  externalId: {
    pattern: /^[\w+=,.@:/-]*$/,
    min: 2,
    max: 1224,
    characters: 'letters, digits and "_+=,.@:/-"',
  },
  sourceIdentity: { pattern: /^[\w+=,.@-]*$/, min: 2, max: 64, characters: 'letters, digits and "_+=,.@-"' },
} as const;

export const TAGS = { most: 50, key: 128, value: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u } as const;
export const DURATION = { min: 900, max: 43_200 } as const;

/** AWS's limit for role chaining: a session that was requested with another role's session, whatever the role's maximum is. */
const CHAINED_SECONDS = 3_600;
const MOST_POLICY_ARNS = 10;

/** Session policies, inline and ARNs, in characters of plain text. */
const POLICY_LENGTH = 2_048;
export const POLICY_CHARACTERS = /^[\t\n\r\u0020-\u00FF]+$/;

type Connection = Partial<Record<keyof KmsConnection, unknown>>;

/** The mistakes in `assumeRole` and `webIdentity`, except for those that the schema reports. */
export function roleMistakes({ assumeRole, webIdentity, credentials, keyCollection }: Connection): string[] {
  const region = known(keyCollection);
  const partition = typeof region === "string" && isRegion(region) ? partitionOf(region) : undefined;
  const roles = rolesOf({ assumeRole: known(assumeRole) as AssumeRole[] | undefined }).map((role) =>
    isObject(role) ? role : ({} as AssumeRole),
  );
  const name = (index: number) => (Array.isArray(assumeRole) ? `assumeRole.${index}` : "assumeRole");
  const isChained = (index: number) => index > 0 || (webIdentity !== undefined && credentials === undefined);
  return [
    ...roles.flatMap((role, index) => [
      ...arnMistakes(`${name(index)}.roleArn`, role.roleArn, partition),
      ...textMistakes(name(index), role),
      ...durationMistakes(`${name(index)}.durationSeconds`, role.durationSeconds, isChained(index)),
      ...sessionTagMistakes(name(index), role),
      ...sessionPolicyMistakes(name(index), role, partition),
    ]),
    ...chainMistakes(roles),
    ...(isObject(webIdentity) ? webIdentityMistakes(webIdentity, partition) : []),
  ];
}

function webIdentityMistakes(
  { roleArn, tokenFile, audience }: Partial<NonNullable<KmsConnection["webIdentity"]>>,
  partition: string | undefined,
): string[] {
  return [
    ...arnMistakes("webIdentity.roleArn", roleArn, partition),
    ...(isText(tokenFile) ? tokenFileMistakes(tokenFile) : []),
    ...(tokenFile !== undefined && audience !== undefined
      ? [
          "Expected `webIdentity.audience` without `tokenFile`: it is for a token of GitHub Actions; the audience of any other token is set where the token is issued.",
        ]
      : []),
    ...(audience === "" ? ["Expected `webIdentity.audience` not to be empty; leave it out instead."] : []),
  ];
}

function arnMistakes(property: string, value: unknown, partition: string | undefined): string[] {
  if (!isText(value)) return [];
  const role = parseRoleArn(value);
  if (!role)
    return [
      `Expected \`${property}\` to be the ARN of a role, such as arn:${partition ?? "aws"}:iam::111122223333:role/NAME; what came is none.`,
    ];
  return otherPartition(property, role.partition, partition);
}

function otherPartition(property: string, own: string, partition: string | undefined): string[] {
  return partition === undefined || own === partition
    ? []
    : [
        `Expected \`${property}\` to be in the AWS partition of \`keyCollection\` (${partition}), got an ARN of ${own}: partitions share neither accounts nor credentials.`,
      ];
}

function textMistakes(name: string, role: AssumeRole): string[] {
  return Object.entries(TEXTS).flatMap(([property, { pattern, min, max, characters }]) => {
    const value = role[property as keyof typeof TEXTS];
    if (!isText(value) || (pattern.test(value) && value.length >= min && value.length <= max)) return [];
    const wrong = pattern.test(value) ? `has ${value.length}` : "holds another one";
    return [
      `Expected \`${name}.${property}\` to have ${min} to ${max} characters, all of them ${characters}; what came ${wrong}.`,
    ];
  });
}

function durationMistakes(property: string, seconds: unknown, isChained: boolean): string[] {
  const mistakes = wholeNumberMistakes(property, seconds, DURATION.min, DURATION.max);
  if (mistakes.length > 0 || typeof seconds !== "number" || !isChained || seconds <= CHAINED_SECONDS)
    return mistakes;
  return [
    `Expected \`${property}\` to be ${CHAINED_SECONDS} at the most, got ${seconds}: this role is assumed with the session of another one (role chaining), to which AWS gives an hour whatever the role's maximum is. Sessions are renewed while an update runs.`,
  ];
}

function sessionTagMistakes(name: string, { tags, transitiveTagKeys }: AssumeRole): string[] {
  const property = `\`${name}.tags\``;
  const pairs = isObject(tags) ? Object.entries(tags) : [];
  const keys = pairs.map(([key]) => key.toLowerCase());
  const characters = 'letters, digits, spaces and "_.:/=+-@"';
  const texts = pairs.flat().filter(isText);
  const tooLong = pairs.some(
    ([key, value]) => key.length > TAGS.key || (isText(value) && value.length > TAGS.value),
  );
  const wrong: [boolean, string][] = [
    [
      pairs.length > TAGS.most,
      `Expected ${property} to hold ${TAGS.most} tags at the most, got ${pairs.length}.`,
    ],
    [keys.includes(""), `Expected no key of ${property} to be empty, got one.`],
    [
      tooLong,
      `Expected keys of ${property} of ${TAGS.key} characters at the most, and values of ${TAGS.value}; one is longer.`,
    ],
    [
      texts.some((text) => !TAGS.pattern.test(text)),
      `Expected ${property} to hold only ${characters}, in keys and values; one holds another character.`,
    ],
    [
      texts.some((text) => /^aws:/i.test(text)),
      `Expected no key and no value of ${property} to begin with "aws:", which is reserved for AWS; one does.`,
    ],
    [
      new Set(keys).size < keys.length,
      `Expected the keys of ${property} to differ in more than capital letters, which AWS does not tell apart; two do not.`,
    ],
    [
      isObject(tags ?? {}) && listOf(transitiveTagKeys).some((key) => !keys.includes(key.toLowerCase())),
      `Expected \`${name}.transitiveTagKeys\` to hold keys of ${property} alone; one is none of them.`,
    ],
  ];
  return wrong.flatMap(([isWrong, mistake]) => (isWrong ? [mistake] : []));
}

function sessionPolicyMistakes(
  name: string,
  { policy, policyArns, roleArn }: AssumeRole,
  partition: string | undefined,
): string[] {
  const arns = listOf(policyArns);
  const account = isText(roleArn) ? parseRoleArn(roleArn)?.accountId : undefined;
  const length = (isText(policy) ? policy : "").length + arns.join("").length;
  return [
    ...jsonObjectMistakes(`${name}.policy`, policy),
    ...(isText(policy) && policy !== "" && !POLICY_CHARACTERS.test(policy)
      ? [`Expected \`${name}.policy\` to hold characters up to U+00FF alone; one is beyond it.`]
      : []),
    ...(length > POLICY_LENGTH
      ? [
          `Expected \`${name}.policy\` and \`policyArns\` to have ${POLICY_LENGTH} characters together at the most, got ${length}.`,
        ]
      : []),
    ...(arns.length > MOST_POLICY_ARNS
      ? [`Expected \`${name}.policyArns\` to hold ${MOST_POLICY_ARNS} ARNs at the most, got ${arns.length}.`]
      : []),
    ...arns.flatMap((arn, index) => {
      const property = `${name}.policyArns.${index}`;
      const [, own, owner] = /^arn:(aws[a-z-]*):iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/.exec(arn) ?? [];
      if (own === undefined)
        return [
          `Expected \`${property}\` to be the ARN of a managed policy, such as arn:${partition ?? "aws"}:iam::aws:policy/NAME; what came is none.`,
        ];
      if (account !== undefined && owner !== "aws" && owner !== account)
        return [
          `Expected \`${property}\` to be a policy of AWS's or of the role's account ${account}; it is another account's.`,
        ];
      return otherPartition(property, own, partition);
    }),
  ];
}

/** A value that a session passes on to the next one cannot be set there again. */
function chainMistakes(roles: AssumeRole[]): string[] {
  return roles.flatMap((role, index) => {
    const before = roles.slice(0, index);
    const inherited = before.flatMap(({ transitiveTagKeys }) => listOf(transitiveTagKeys));
    const keys = new Set(inherited.map((key) => key.toLowerCase()));
    const identity = before.map(({ sourceIdentity }) => sourceIdentity).find(isText);
    const own = role.sourceIdentity;
    return [
      ...(isObject(role.tags) && Object.keys(role.tags).some((key) => keys.has(key.toLowerCase()))
        ? [
            `Expected \`assumeRole.${index}.tags\` without keys that an earlier role passes on by \`transitiveTagKeys\`; one is set again, which AWS refuses. Leave it out: the session already has it.`,
          ]
        : []),
      ...(identity !== undefined && isText(own) && own !== identity
        ? [
            `Expected \`assumeRole.${index}.sourceIdentity\` to be that of the earlier role, or none: once it is set, it stays for all sessions that follow.`,
          ]
        : []),
    ];
  });
}

/** The texts of a list that are known. */
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText) : []);

const isText = (value: unknown): value is string => typeof value === "string" && !isUnknown(value);

const isObject = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
