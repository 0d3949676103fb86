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
    KmsProvider: told(run, stateful("KmsProvider", kmsProvider(run))),
    ManagedKey: told(run, stateful("ManagedKey", managedKey(run))),
    KeyDistribution: told(run, stateful("KeyDistribution", keyDistribution(run))),
    KeyReplica: told(run, stateful("KeyReplica", keyReplica(run))),
  };
}

/** A resource whose `check` tells the run whether it is a preview: `diff` is not told. */
function told(run: Run, resource: Resource): Resource {
  return {
    ...resource,
    check: (olds, news, isPreview = false) => {
      run.isPreview ||= isPreview;
      return resource.check(olds, news, isPreview);
    },
  };
}
