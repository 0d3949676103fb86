import type { KeymgmtError } from "../../errors";
import type { KmsOperation } from "./operations";

/** How a request or an answer names a KMS key. */
interface Naming {
  KeyId?: string;
  TargetKeyId?: string;
  KeyMetadata?: { KeyId?: string };
}

/**
 * What this process has seen and changed of the KMS keys of one Region. KMS shows a change after some time, and may show the state before
 * it once more. So two refusals are not believed at once: "not found" of a KMS key that was there a moment ago, because a deletion takes
 * seven days at the least, and "pending deletion" of one whose deletion was cancelled.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
 */
export class OwnChanges {
  readonly #seen = new Set<string>();
  readonly #kept = new Set<string>();

  /** A call begins. The deletion that it schedules is real even if its answer is lost. */
  begin(operation: KmsOperation, input: object): void {
    if (operation === "ScheduleKeyDeletion") this.#kept.delete(idIn(input) ?? "");
  }

  /** A call has succeeded. */
  note(operation: KmsOperation, input: object, answer: object): void {
    const id = idIn(input);
    for (const shown of [id, (answer as Naming).KeyMetadata?.KeyId])
      if (shown !== undefined) this.#seen.add(shown);
    if (id !== undefined && operation === "CancelKeyDeletion") this.#kept.add(id);
  }

  /** Whether KMS refused the call by a state that is over. What UpdateAlias does not find may be its alias. */
  isOutdated(operation: KmsOperation, input: object, { code, context }: KeymgmtError): boolean {
    const id = idIn(input) ?? "";
    if (code === "NotFound") return operation !== "UpdateAlias" && this.#seen.has(id);
    const { keyState } = context;
    return (keyState === "PendingDeletion" || keyState === "PendingReplicaDeletion") && this.#kept.has(id);
  }
}

/** The id in an id or a key ARN. An alias is none: it may be gone a moment later. */
function idIn(input: object): string | undefined {
  const { KeyId, TargetKeyId } = input as Naming;
  return /^(?:arn:[^/]*:key\/)?((?:mrk-)?[\da-f-]{32,36})$/.exec(KeyId ?? TargetKeyId ?? "")?.[1];
}
