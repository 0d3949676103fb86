/** Adds KeyDistribution.replicate() to the generated class. */
import { replicasOf } from "./compose";
import { KeyDistribution } from "./generated/keyDistribution";
import { KeyReplica, type KeyReplicaArgs } from "./generated/keyReplica";

declare module "./generated/keyDistribution" {
  interface KeyDistribution {
    /**
     * One KeyReplica for each of the key's `replicaRegions`, named `<this name>-<Region>`.
     * In Vault: `vault write -f keymgmt/kms/<kms>/key/<key>/replicate`.
     */
    replicate(args?: Omit<KeyReplicaArgs, "distribution" | "region">): KeyReplica[];
  }
}

KeyDistribution.prototype.replicate = function (this: KeyDistribution, args = {}) {
  return replicasOf(this).map(
    ({ region, name, opts }) => new KeyReplica(name, { ...args, distribution: this, region }, opts),
  );
};
