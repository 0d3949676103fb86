/** What the SDK tells `check` beside the program's inputs. `check` takes it apart, so no state and no plan has it. */
import * as pulumi from "@pulumi/pulumi";
import { plain } from "./outputs";

/**
 * The values as JSON: one text costs the program, the engine and the provider less than a tree of properties, each of which they marshal and
 * log. Values that are not known are the text that stands for them elsewhere too. If any is a secret, they stay properties, so that the
 * engine knows which. The provider gets them without that mark, so `secrets` names them, and `check` marks them again.
 */
export async function asContext(values: pulumi.Inputs): Promise<string | pulumi.Inputs> {
  const settled = (await settle(values)) as pulumi.Inputs;
  const secrets = Object.keys(settled).filter((name) => hasOutput(settled[name]));
  return secrets.length > 0 ? { ...settled, secrets } : JSON.stringify(settled, unknownAsText);
}

async function settle(value: unknown): Promise<unknown> {
  if (value instanceof Promise) return settle(await value);
  if (pulumi.Output.isInstance(value)) return plain(value);
  if (Array.isArray(value)) return Promise.all(value.map(settle));
  if (!isObject(value) || pulumi.isUnknown(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(await Promise.all(entries.map(async ([name, one]) => [name, await settle(one)])));
}

/** `plain` leaves secrets alone as Outputs. */
function hasOutput(value: unknown): boolean {
  if (!isObject(value) || pulumi.isUnknown(value)) return false;
  return pulumi.Output.isInstance(value) || Object.values(value).some(hasOutput);
}

function unknownAsText(_name: string, value: unknown): unknown {
  return pulumi.isUnknown(value) ? pulumi.runtime.unknownValue : value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
