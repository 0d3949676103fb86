import type { Run } from "../run";
import type { ResourceName } from "../state/types";
import { keyDistribution } from "./keyDistribution";
import { keyReplica } from "./keyReplica";
import { kmsProvider } from "./kmsProvider";
import { managedKey } from "./managedKey";
import { type Resource, stateful } from "./resource";

/** The resources of one run, by the name of their type. */
export function resourcesOf(run: Run): Record<ResourceName, Resource> {
  return {
    KmsProvider: stateful("KmsProvider", kmsProvider(run)),
    ManagedKey: stateful("ManagedKey", managedKey(run)),
    KeyDistribution: stateful("KeyDistribution", keyDistribution(run)),
    KeyReplica: stateful("KeyReplica", keyReplica(run)),
  };
}
