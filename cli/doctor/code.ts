/**
 * The code that a state makes the engine run:
 * - The process for dynamic resources runs the text of `__provider`, whatever the resource's type: that of the outputs in a read and a
 *   delete, that of the inputs where a refresh compares (@pulumi/pulumi cmd/dynamic-provider).
 * - The engine installs and starts the plugin of each provider resource, from the source that its inputs name (pulumi/pulumi
 *   pkg/engine/plugins.go and pkg/resource/deploy/providers/registry.go), and evaluates snippets.
 * - This package's provider runs the command that returns a token.
 */
import { createHash } from "node:crypto";
import { canonical } from "../../provider/kms/endpoints/connection.js";
import { providerText } from "../../sdk/providerText.js";
import { CODE_NAME } from "../options.js";
import { deploymentOf, type Exported, SIGNATURE, TYPE } from "../state/stack.js";

export interface CodeFinding {
  /** URN of the resource; for code outside of resources, the member of the deployment. */
  urn: string;
  type: string;
  /** Hash of the text, in hex; null where the text cannot be read. */
  sha256: string | null;
  verdict: "own" | "allowed" | "refused";
  /** Why it is refused, and what to do. */
  why: string | null;
}

interface Code extends Pick<CodeFinding, "urn" | "type"> {
  what: string;
  /** Undefined where it is missing. */
  text: unknown;
}

const OWN = ["KmsProvider", "ManagedKey", "DistributionAlias", "KeyDistribution", "KeyReplica"];

const PROVIDER = "pulumi:providers:";

/** Providers that run no code but that of their resources. */
const BUILT_IN = ["pulumi", "pulumi-nodejs", "pulumi-python"];

/** Inputs that select a provider's plugin, besides its version. */
const CHOICE = ["name", "pluginDownloadURL", "parameterization", "envVarMappings"];

/** @param allowed `<type>@<sha256>` of code that the caller has read */
export function codeIn(text: string, source: string, allowed: string[]): CodeFinding[] {
  const deployment = deploymentOf(text, source);
  const all = allResources(text, source);
  const outside = (["snippets", "extensions"] as const).flatMap((type) =>
    isEmpty(deployment[type])
      ? []
      : [{ urn: `deployment.${type}`, type, what: `its ${type}`, text: canonical(deployment[type]) }],
  );
  const codes = [
    ...all.flatMap(dynamicCode),
    ...all.flatMap(pluginOf),
    ...all.flatMap(tokenCommands),
    ...outside,
  ];
  const findings = codes.map((code) => judged(code, allowed));
  const distinct = new Map(findings.map((finding) => [`${finding.urn} ${finding.sha256}`, finding]));
  return [...distinct.values()];
}

/** All resources, including those of interrupted operations. */
export function allResources(text: string, source: string): Exported[] {
  const { resources, pending_operations: pending } = deploymentOf(text, source);
  return [...(resources ?? []), ...(pending ?? []).map(({ resource }) => resource)];
}

/** A resource's inputs and outputs. Go accepts these names in upper and lower case. */
export function propertiesOf(resource: Exported): Exported["outputs"][] {
  const properties = Object.entries(resource).filter(([name]) => /^(in|out)puts$/iu.test(name));
  return properties.map(([, values]) => values as Exported["outputs"]);
}

/** The type in a resource's URN. */
export function typeInUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function dynamicCode(resource: Exported): Code[] {
  const { urn, type, inputs, outputs } = resource;
  const held = propertiesOf(resource).filter((value) => "__provider" in (value ?? {}));
  const isMissing =
    isOwn(type) && [inputs, outputs].some((values) => !isEmpty(values) && !held.includes(values));
  const texts = (held as { __provider: unknown }[]).map((values) => inTheClear(values.__provider));
  return [...texts, ...(isMissing ? [undefined] : [])].map((text) => ({
    urn,
    type,
    what: "the text of its `__provider`",
    text,
  }));
}

/** A refresh and a removal get the token of `webIdentity` from the source that the state names. */
function tokenCommands(resource: Exported): Code[] {
  return propertiesOf(resource)
    .flatMap((values) => connectionsIn(values ?? {}))
    .map((kms) => memberOf(memberOf(kms, "webIdentity"), "tokenFile"))
    .filter((text) => typeof text === "string" && text.startsWith("exec:"))
    .map((text) => ({
      urn: resource.urn,
      type: "webIdentity",
      what: "the command that `webIdentity.tokenFile` names",
      text,
    }));
}

/** Connections in a resource's properties: those of a KmsProvider, of a distribution, and of a replica's distribution. */
export function connectionsIn(values: Record<string, unknown>): unknown[] {
  return [values, memberOf(values, "kms"), memberOf(memberOf(values, "distribution"), "kms")];
}

/** A member of an object; either may be a decrypted secret. */
export function memberOf(value: unknown, name: string): unknown {
  const held = inTheClear(value);
  return isObject(held) && Object.hasOwn(held, name) ? inTheClear(held[name]) : undefined;
}

/** The engine uses the type in the URN in one place, and the resource's own `type` in another, so both are examined. */
function pluginOf({ urn, type, inputs }: Exported): Code[] {
  const types = new Set([type, typeInUrn(urn)]);
  const names = [...types]
    .filter((each) => each.startsWith(PROVIDER))
    .map((each) => each.slice(PROVIDER.length));
  const from = (isObject(inputs?.__internal) ? inputs.__internal : (inputs ?? {})) as Record<string, unknown>;
  const choice = Object.fromEntries(CHOICE.filter((name) => name in from).map((name) => [name, from[name]]));
  return names
    .filter((name) => !BUILT_IN.includes(name) || !isEmpty(choice))
    .map((name) => ({
      urn,
      type: `${PROVIDER}${name}`,
      what: `the plugin "${name}"`,
      text: canonical(choice),
    }));
}

function judged({ urn, type, what, text }: Code, allowed: string[]): CodeFinding {
  const sha256 = typeof text === "string" ? createHash("sha256").update(text).digest("hex") : null;
  const finding = { urn, type, sha256 };
  if (isOwn(type)) {
    if (text === providerText(TYPE.exec(type)![1]!)) return { ...finding, verdict: "own", why: null };
    const why = `Expected ${what} to be this package's, which is one constant line; it is not. Run no update. Find out who can write the state, and put an older one in its place (pulumi stack import).`;
    return { ...finding, verdict: "refused", why };
  }
  if (sha256 === null) {
    const why = `Expected ${what} in plain text; it is encrypted, or no text. Look at it with: pulumi stack export --show-secrets | keymgmt doctor --offline --state -`;
    return { ...finding, verdict: "refused", why };
  }
  const name = `${type}@${sha256}`;
  if (allowed.includes(name)) return { ...finding, verdict: "allowed", why: null };
  const how = CODE_NAME.test(name)
    ? `If you know it and have read it in \`pulumi stack export\`, give --allow-dynamic ${name}`
    : "Its type has characters that no flag takes: run no update.";
  return { ...finding, verdict: "refused", why: `The engine runs ${what}. ${how}` };
}

const isOwn = (type: string) => OWN.includes(TYPE.exec(type)?.[1] ?? "");

/** The value of a secret. With --show-secrets it is JSON in a string; in any other export the secret is returned unchanged. */
export function inTheClear(value: unknown): unknown {
  if (!isObject(value) || !(SIGNATURE in value)) return value;
  const { plaintext } = value as { plaintext?: unknown };
  try {
    return typeof plaintext === "string" ? JSON.parse(plaintext) : value;
  } catch {
    return value; // the parser's own message would quote the secret
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown) => Object.keys(value ?? {}).length === 0;
