/** Which KMS keys a KeyDistribution adopts: those that the program names, or those of the backup that its key is restored from. */
import * as pulumi from "@pulumi/pulumi";
import type { KmsConnection } from "./generated/passedOn";
import type { Adopt, Restore, RestoredDistribution } from "./generated/types";

type Backup = pulumi.Input<Restore | undefined>;

/**
 * What `keymgmt import` has put into the stack's configuration for a key of this name. It is there and not in the program,
 * because it concerns one stack, once: the program that made the keys restores them unchanged.
 */
export function configuredRestore(name: pulumi.Input<string>): Backup | undefined {
  const config = new pulumi.Config("keymgmt");
  const of = (key: string) => config.getObject<Restore>(`restore.${key}`);
  if (typeof name === "string") return of(name);
  // A program that restores nothing must not look changed: for it nothing depends on the name.
  const anything = Object.keys(pulumi.runtime.allConfig()).some((key) => key.startsWith("keymgmt:restore."));
  return anything ? pulumi.output(name).apply(of) : undefined;
}

/** Inputs of a KeyDistribution and of its DistributionAlias; undefined where nothing is adopted. */
export function adoptionOf(
  backup: Backup | undefined,
  kms: KmsConnection,
  program?: pulumi.Input<Adopt>,
): { adopt: pulumi.Input<Adopt>; ofAlias: pulumi.Inputs } | undefined {
  const adopt = backup === undefined ? program : adoptedFrom(backup, kms, program);
  if (adopt === undefined) return undefined;
  const adopted = pulumi.output(adopt) as pulumi.Output<pulumi.Unwrap<Adopt> | undefined>;
  const ofAlias = {
    adoptedAlias: adopted.apply((one) => one?.aliasName),
    adopts: adopted.apply((one) => one !== undefined),
    makesNew: adopted.apply((one) => isEmpty(one?.versions)),
  };
  return { adopt, ofAlias };
}

/** `adopt: { versions: {} }` names no KMS key on purpose. */
const isEmpty = (versions?: object) => versions !== undefined && Object.keys(versions).length === 0;

/**
 * The KMS keys of a backup that are a KmsProvider's: by its Region, which previews know; by account and alias prefix only
 * where the backup has several there. In another account adoption fails, instead of making KMS keys that decrypt nothing.
 * Where the backup has none, those of the program: what it has adopted is in the backup, with what came after it.
 */
function adoptedFrom(
  restore: Backup,
  kms: KmsConnection,
  program?: pulumi.Input<Adopt>,
): pulumi.Output<Adopt> {
  return pulumi.all([restore, kms.keyCollection]).apply(([backup, region]) => {
    const there = (backup?.distributions ?? []).filter((one) => one.region === region);
    if (there.length < 2) return pulumi.output(there[0] ? asAdopt(there[0]) : program);
    return pulumi.all([kms.accountId, kms.aliasPrefix]).apply(([accountId, prefix]) => {
      const own = there.filter((one) => one.accountId === accountId);
      const one = own.find(({ aliasName }) => aliasName.startsWith(`alias/${prefix}/`)) ?? own[0];
      return asAdopt(one ?? there[0]!);
    });
  }) as pulumi.Output<Adopt>;
}

/**
 * ARNs of the backup's KMS keys, where none of its distributions is in the KmsProvider's Region: the new ones that are made there
 * do not decrypt what was encrypted under these.
 */
export function restoredElsewhere(restore: Backup, kms: KmsConnection): pulumi.Output<string[]> {
  return pulumi.all([restore, kms.keyCollection]).apply(([backup, region]) => {
    const distributions = backup?.distributions ?? [];
    if (distributions.some((one) => one.region === region)) return [];
    return distributions.flatMap((one) =>
      Object.values(one.versions).map((keyId) => `${keyId} in ${one.region} of account ${one.accountId}`),
    );
  });
}

function asAdopt({ aliasName, versions, kcvs }: pulumi.Unwrap<RestoredDistribution>): Adopt {
  return { aliasName, versions, kcvs };
}
