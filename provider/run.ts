/** What one process knows in one run. Its entry creates it and hands it down; no module keeps state. */

import { KeystoreSession } from "./keys/keystores/session";
import type { Kms, KmsSettings } from "./kms/client/client";
import { KmsConnections } from "./kms/client/client";
import type { KmsConnection } from "./kms/endpoints/connection";
import { Created } from "./lifecycle/memory/created";
import { Declared } from "./lifecycle/memory/declared";
import { Keyrings } from "./lifecycle/memory/keyrings";
import { Listings } from "./lifecycle/memory/listings";
import { DistributionNames } from "./lifecycle/memory/names";
import { Primaries } from "./lifecycle/memory/primaries";
import type { Say } from "./say";
import { warnOfDebugOutput } from "./secrecy/debugOutput";

export interface RunSettings extends KmsSettings {
  /** In place of new ones. */
  connections?: KmsConnections;
  now?: () => Date;
}

/**
 * A provider process lives for one preview, update, refresh or destroy, and has one Run: the clients and limiters that its
 * resources share, what the program has declared and this run has created so far, the keyrings, what AWS has listed, the clock, and where
 * lines are said.
 */
export class Run {
  readonly connections: KmsConnections;
  readonly names = new DistributionNames();
  readonly declared = new Declared(this.names);
  readonly created = new Created();
  readonly keyrings = new Keyrings();
  readonly primaries = new Primaries(this.names);
  readonly listings = new Listings();
  /** Policy of each replica that this run made, by its ARN: AWS may refuse to show it until the replica's tags take effect. */
  readonly replicaPolicies = new Map<string, string>();
  /** No update follows in this process. */
  isPreview = false;
  #keystores: KeystoreSession | undefined;
  readonly now: () => Date;

  constructor({ connections, now = () => new Date(), ...settings }: RunSettings = {}) {
    this.connections = connections ?? new KmsConnections(settings);
    this.now = now;
  }

  /** KMS as `connection` says, in `region` (by default the primary one). Equal connections share clients and quotas. */
  openKms(connection: KmsConnection, region?: string): Kms {
    return this.connections.open(connection, region);
  }

  /** The same for a refresh or a preview, which continues without a Region that does not answer. */
  openForReading(connection: KmsConnection, region?: string): Kms {
    return this.connections.reading.open(connection, region);
  }

  /** For work with material. Warns first if debug output may show the material. */
  get keystores(): KeystoreSession {
    if (!this.#keystores) {
      warnOfDebugOutput(this.say);
      this.#keystores = new KeystoreSession((connection) => this.openKms(connection), this.say);
    }
    return this.#keystores;
  }

  /** Says a line, once a run. */
  get say(): Say {
    return this.connections.say;
  }
}
