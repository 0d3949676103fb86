/** Calls to a Region or an endpoint that does not answer. Any answer of AWS, an error included, is not such a case. */
import { isKeymgmtError, KeymgmtError, type KeymgmtErrorCode } from "../../errors";
import { isLeftOut, type KmsConnection, listedRegionFor } from "../endpoints/connection";
import { isTlsRefusal, type SdkError } from "../errors/failures";

const UNREACHABLE_CODES: readonly KeymgmtErrorCode[] = [
  "EndpointUnreachable",
  "Timeout",
  "ServiceUnavailable",
];

/** Whether a call to AWS failed because no answer came. A server with a wrong certificate has answered. */
export function isUnreachable(error: unknown): error is KeymgmtError {
  if (!isKeymgmtError(error) || !UNREACHABLE_CODES.includes(error.code)) return false;
  const { operation, awsName } = error.context;
  // Without an operation, EndpointUnreachable is about a source of credentials, and Timeout about a state that was waited for.
  const isOfCall = operation !== undefined || error.code === "EndpointUnreachable";
  return isOfCall && !isTlsRefusal({ code: awsName } as SdkError);
}

/** Throws if the program leaves the Region out. Plans contain no call to such a Region; this check does not rely on that. */
export function refuseLeftOut(connection: KmsConnection, region: string): void {
  if (!isLeftOut(connection, region)) return;
  const named = listedRegionFor(connection, region);
  throw new KeymgmtError(
    "EndpointUnreachable",
    `Expected no call to AWS KMS in ${region}: \`unreachableRegions\` of the KmsProvider names ${named}, so nothing is sent. Take it off the list when it answers again, and run the update again.`,
    { region },
  );
}

/**
 * The error with advice on how the update can continue without the Region. A KmsProvider that is not created yet has nothing in the
 * Region, so its error is returned unchanged.
 */
export function withUnreachableAdvice(
  error: KeymgmtError,
  { keyCollection, accountId }: Pick<KmsConnection, "keyCollection" | "accountId">,
): KeymgmtError {
  const { code, message, context, cause } = error;
  const { region } = context;
  if (region === undefined || accountId === undefined) return error;
  const goes =
    region === keyCollection ? "leaves what it distributes as it is" : "leaves that Region out of every call";
  const way = `If ${region} is down: \`unreachableRegions: ["${region}"]\` of the KmsProvider ${goes}, and everything else works.`;
  return new KeymgmtError(code, `${message} ${way}`, context, { cause });
}
