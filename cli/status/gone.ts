/** A stack of which AWS knows no KMS key any more: a local KMS has started anew, the calls go elsewhere, or all were deleted. */
import { isThisMachine } from "../../provider/kms/endpoints/hosts.js";
import type { StackState } from "../state/stack.js";
import { count } from "../text.js";
import type { Observations } from "./observe.js";

/** One sentence or more where none of the recorded KMS keys is there; undefined where one is, or is not known. */
export function goneNote(state: StackState, observations: Observations): string | undefined {
  const recorded = state.regions.flatMap((own) =>
    own.versions.map(({ keyId, keyArn }) => ({ keyArn, keyId, observation: observations.get(own) })),
  );
  const isGone = recorded.every(
    ({ keyId, observation }) =>
      observation !== undefined && "keys" in observation && observation.keys.get(keyId)?.state === "Deleted",
  );
  const [first] = recorded;
  if (!isGone || first?.observation === undefined || !("keys" in first.observation)) return undefined;
  const { accountId, endpoint } = first.observation;
  const all = count(new Set(recorded.map(({ keyArn }) => keyArn)).size, "KMS key");
  const none = `None of the ${all} of this stack is there, in account ${accountId} at ${endpoint ?? "AWS's own endpoints"}.`;
  return `${none} ${endpoint !== undefined && isThisMachine(new URL(endpoint).hostname) ? localWay(state) : AWS_WAY}`;
}

const AWS_WAY =
  "Check that this is the account and the endpoint of the stack. If it is, all were deleted: what was encrypted under them cannot be decrypted any more, and " +
  "no update makes them again. To go on with new KMS keys: rotate each key by a new `rotationTrigger`, and set its `minEnabledVersion` to the new version, in one `pulumi up --refresh`.";

function localWay({ title }: StackState): string {
  const stack = title.split("/").at(-1)!;
  // It goes into a shell, and anybody may have written the state.
  const name = /^[\w.-]+$/.test(stack) ? stack : "NAME";
  return (
    "Check that this is the endpoint of the stack: it may be a tunnel, or come from an AWS_ENDPOINT_URL that is set by mistake. A local KMS that runs without `--data` has none after a restart, and no update makes them again. " +
    "The material is in this state, and goes with it: to keep it, `keymgmt export` first. To begin again with an empty stack of the same configuration: " +
    `\`pulumi stack rm ${name} --force --preserve-config\`, \`pulumi stack init ${name}\`, \`pulumi up\`.`
  );
}
