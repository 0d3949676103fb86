/** A Region, or an endpoint, from which no answer comes: what AWS says is another thing, whatever it says. */
import { isKeymgmtError, KeymgmtError, type KeymgmtErrorCode } from "../../errors";
import { isLeftOut, type KmsConnection, listedRegionFor } from "../endpoints/connection";
import { isTlsRefusal, type SdkError } from "../errors/failures";

const UNREACHABLE_CODES: readonly KeymgmtErrorCode[] = [
  "EndpointUnreachable",
  "Timeout",
  "ServiceUnavailable",
];

/** Whether a call to AWS failed because nobody answered it. A server that is not who it should be has answered. */
export function isUnreachable(error: unknown): error is KeymgmtError {
  if (!isKeymgmtError(error) || !UNREACHABLE_CODES.includes(error.code)) return false;
  const { operation, awsName } = error.context;
  // Without an operation: a source of credentials that cannot be reached, or something that was waited for and did not come.
  const isOfCall = operation !== undefined || error.code === "EndpointUnreachable";
  return isOfCall && !isTlsRefusal({ code: awsName } as SdkError);
}

/** Nothing is sent to a Region that the program leaves out: whoever plans does not ask, and this holds where one does. */
export function refuseLeftOut(connection: KmsConnection, region: string): void {
  if (!isLeftOut(connection, region)) return;
  const named = listedRegionFor(connection, region);
  throw new KeymgmtError(
    "EndpointUnreachable",
    `Expected no call to AWS KMS in ${region}: \`unreachableRegions\` of the KmsProvider names ${named}, so nothing is sent. Take it off the list when it answers again, and run the update again.`,
    { region },
  );
}

/** The same error with what lets an update go on. A KmsProvider that is yet to be made has nothing in the Region to leave out. */
export function withUnreachableAdvice(
  error: KeymgmtError,
  { keyCollection, accountId }: Pick<KmsConnection, "keyCollection" | "accountId">,
): KeymgmtError {
  const { code, message, context, cause } = error;
  const { region } = context;
  if (region === undefined || accountId === undefined) return error;
  const goes =
    region === keyCollection ? "leaves what it distributes as it is" : "leaves that Region out of every call";
  const way = `If ${region} is down: \`unreachableRegions: ["${region}"]\` of the KmsProvider ${goes}, and all else goes on.`;
  return new KeymgmtError(code, `${message} ${way}`, context, { cause });
}
