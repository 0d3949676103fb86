import type { SdkError } from "../errors/failures";
import type { CredentialProvider } from "./refreshed";

/** Where credentials may come from. */
export type Source = { name: string; missing: string } | PresentSource;

export interface PresentSource {
  name: string;
  ask: CredentialProvider;
  /** Where only asking tells whether the source is there: which error of the first asking means that it is not. */
  absentIf?: (error: SdkError) => boolean;
  /** The STS operation that it asks with. */
  operation?: string;
}
