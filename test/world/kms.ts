import { type Kms, type KmsConnection, KmsConnections } from "../../provider/kms/client/client";

/** KMS as a connection says, for what a test does itself. */
export function openKms(connection: KmsConnection, region?: string): Kms {
  return new KmsConnections().open(connection, region);
}
