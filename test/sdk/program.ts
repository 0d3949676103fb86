/** Runs a Pulumi program against a mocked engine and shows what it registered. */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import sinon from "sinon";
import { keyring } from "../provider/resources/goodInputs";

/** How the SDK marks a secret on its way to the engine (pulumi/pulumi sdk/proto, rpc.specialSecretSig). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** One resource as the program registered it with the engine. */
export interface Registered {
  type: string;
  name: string;
  /** As sent, those of the context among them: a secret is an envelope around its value. */
  inputs: Record<string, unknown>;
  /** The names of those that the context has. */
  inContext: string[];
  protect: boolean;
  retainOnDelete: boolean;
  parent: string;
  secretOutputs: string[];
  /** URNs, or names where only the name was another. */
  aliases: string[];
  /** The file in which the program declares it, as the engine stores it. */
  declaredIn: string;
}

const named = {
  name: "orders-1760000000",
  aliasName: "alias/hashicorp/orders-1760000000",
  aliasArn: "arn:aws:kms:us-west-1:111122223333:alias/hashicorp/orders-1760000000",
  distributionTime: "2025-10-09T08:53:20.000Z",
};

/** What the mocked providers add to the inputs. */
const computed: Record<string, Record<string, unknown>> = {
  KmsProvider: { accountId: "111122223333", credentialSource: "credentials" },
  ManagedKey: { keyVersion: 1, latestVersion: 1, keyring: pulumi.secret(keyring) },
  KeyDistribution: {
    ...named,
    versions: { "1": { keyId: "k", keyArn: "a", state: "Enabled", kcv: "0123456789" } },
  },
};

/** Runs the program to its end, in an update or, where outputs are not known, in a preview. */
export async function run(program: () => unknown, { preview = false } = {}): Promise<Registered[]> {
  const spy = sinon.spy(MockMonitor.prototype, "registerResource");
  const newResource = ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => ({
    id: preview ? undefined : `${name}-id`,
    state: { ...inputs, ...(preview ? {} : computed[bare(type)]) },
  });
  try {
    await pulumi.runtime.setMocks({ newResource, call: () => ({}) }, "shop", "prod", preview, "org");
    const made = program();
    await settled(made);
    return spy.args.map(([request]) => shown(request as RegisterResourceRequest));
  } finally {
    spy.restore();
  }
}

/** The value of an output once it is known. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/** The registration of a resource by its bare type and, where there are several, its name. */
export function find(registered: Registered[], type: string, name?: string): Registered {
  const found = registered.filter(
    (one) => bare(one.type) === type && (name === undefined || one.name === name),
  );
  if (found.length !== 1) throw new Error(`${found.length} registrations of ${type} ${name ?? ""}`);
  return found[0]!;
}

export function bare(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

export function isSecret(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (value as Record<string, unknown>)[SIGNATURE] === SECRET
  );
}

/** Inputs as a dynamic provider gets them: secrets in clear text. */
export function unwrapped(value: unknown): unknown {
  if (isSecret(value)) return unwrapped((value as { value: unknown }).value);
  if (Array.isArray(value)) return value.map(unwrapped);
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unwrapped(inner)]))
    : value;
}

/** Everything in the inputs that is not in the envelope of a secret. */
export function inTheOpen(value: unknown): unknown {
  if (isSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(inTheOpen);
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inTheOpen(inner)]))
    : value;
}

async function settled(made: unknown): Promise<void> {
  for (const one of [made].flat()) if (pulumi.Resource.isInstance(one)) await resolved(one.urn);
}

function shown(request: RegisterResourceRequest): Registered {
  const { context, ...inputs } = request.getObject()!.toJavaScript() as Record<string, unknown>;
  const contextual = typeof context === "string" ? JSON.parse(context) : context;
  return {
    type: request.getType(),
    name: request.getName(),
    inputs: { ...inputs, ...contextual },
    inContext: Object.keys(contextual ?? {}),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    parent: request.getParent(),
    declaredIn: request.getSourceposition()?.getUri() ?? "",
    secretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request.getAliasesList().map((alias) => alias.getUrn() || alias.getSpec()!.getName()),
  };
}
