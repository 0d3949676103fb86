/**
 * What the provider trusts in a state because it has no other source: the keyring and, in a refresh or a removal, which run without the
 * program, the endpoints. Somebody who can write the state but lacks its secrets provider cannot encrypt a keyring for it.
 */
import { isTrustedByDefault } from "../../provider/kms/endpoints/hosts.js";
import { isRegion } from "../../provider/kms/endpoints/regions.js";
import { type Exported, SIGNATURE, TYPE } from "../state/stack.js";
import {
  allResources,
  connectionsIn,
  inTheClear,
  isObject,
  memberOf,
  propertiesOf,
  typeInUrn,
} from "./code.js";

export interface Trust {
  /** Endpoints that the caller allows. */
  endpoints: string[];
  /** Whether the export may be one with --show-secrets, in which the engine has decrypted the secrets. */
  mayBeOpened: boolean;
}

/** One sentence for each value that must not be trusted. */
export function untrusted(text: string, source: string, { endpoints, mayBeOpened }: Trust): string[] {
  const isOpened = mayBeOpened && !text.includes('"ciphertext"');
  const sentences = allResources(text, source).flatMap((resource) => {
    if (!isOurs(resource)) return [];
    return propertiesOf(resource)
      .flatMap((values) => [
        ...keyringMistakes(values?.keyring, isOpened),
        ...endpointsIn(values ?? {}).flatMap((endpoint) => endpointMistakes(endpoint, endpoints)),
      ])
      .map((mistake) => `${resource.urn}: ${mistake}`);
  });
  return [...new Set(sentences)];
}

/** Checks the type in the URN too: the engine finds a resource's last outputs by its URN, whatever its `type` is. */
function isOurs({ urn, type }: Exported): boolean {
  return TYPE.test(type) || TYPE.test(typeInUrn(urn));
}

/** The engine writes every keyring as a secret, whatever its keystore. */
function keyringMistakes(keyring: unknown, isOpened: boolean): string[] {
  if (keyring === undefined || isEncrypted(keyring, isOpened)) return [];
  return [
    "Expected its keyring to be encrypted, as every update writes it; it is not. Its writer does not have the stack's secrets provider, and the next update would import the writer's material into AWS. Run no update. Find out who can write the state, and put an older one in its place (pulumi stack import).",
  ];
}

/** pulumi/pulumi sdk/go/common/apitype SecretV1: a secret has either `ciphertext` or `plaintext`. */
function isEncrypted(value: unknown, isOpened: boolean): boolean {
  if (!isObject(value) || value[SIGNATURE] !== SECRET) return false;
  const member = isOpened ? "plaintext" : "ciphertext";
  return typeof value[member] === "string" && Object.keys(value).length === 2;
}

const SECRET = "1b47061264138c4ac30d75fd1eb44270";

interface Endpoint {
  endpoint: string;
  region: string;
}

/** Endpoints of a KmsProvider, of distributions and replicas, and of a root key, which is called where `keystore` changes. */
function endpointsIn(values: Record<string, unknown>): Endpoint[] {
  return [...connectionsIn(values), rootKeyIn(values)].flatMap((kms) => {
    const [endpoint, region] = [memberOf(kms, "endpoint"), memberOf(kms, "keyCollection")];
    const named = isObject(endpoint)
      ? Object.keys(endpoint).map((name) => [name, memberOf(endpoint, name)])
      : [[region, endpoint]];
    return named.flatMap(([of, url]) =>
      typeof url === "string"
        ? [{ endpoint: url, region: isRegion(String(of)) ? String(of) : "us-east-1" }]
        : [],
    );
  });
}

/** The endpoint and Region of a root key that is a KMS key. */
function rootKeyIn(values: Record<string, unknown>): { endpoint?: string; keyCollection?: string } {
  const keystore = inTheClear(values.keystore);
  const isKms = typeof keystore === "string" && keystore.startsWith("awskms:") && URL.canParse(keystore);
  const { endpoint, region } = Object.fromEntries(isKms ? new URL(keystore).searchParams : []);
  return { endpoint, keyCollection: region };
}

function endpointMistakes({ endpoint, region }: Endpoint, named: string[]): string[] {
  const url = endpoint.replaceAll("{region}", region);
  if (named.includes(endpoint) || (URL.canParse(url) && isTrustedByDefault(new URL(url), region))) return [];
  return [
    `The state says that calls go to ${JSON.stringify(endpoint)}, which is neither AWS nor this machine. A refresh and a removal would send credentials there. If the program names it, give it with --allow-endpoint. Otherwise run no update, find out who can write the state, and put an older one in its place (pulumi stack import).`,
  ];
}
