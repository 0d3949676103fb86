import type { SdkError } from "../errors/failures";
import type { CredentialProvider } from "./refreshed";

/** A possible source of credentials. */
export type Source = { name: string; missing: string } | PresentSource;

export interface PresentSource {
  name: string;
  ask: CredentialProvider;
  /** Set where only a request shows whether the source exists: tells whether the error of that request means that it does not. */
  absentIf?: (error: SdkError) => boolean;
  /** The STS operation that it calls. */
  operation?: string;
}
