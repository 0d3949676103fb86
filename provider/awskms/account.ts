import type { KmsConnection } from "./connection";

/** Whose credentials a connection uses. */
export interface Identity {
  /** 12 digits. */
  accountId: string;
  /** Which source the credentials came from: see credentials.ts. */
  credentialSource: string;
  /** The principal; not known where STS could not be asked. */
  arn?: string;
}

export async function identify(_connection: KmsConnection): Promise<Identity> {
  throw new Error("not written yet");
}
