/** Which KMS keys a KeyDistribution adopts: those that the program names, or those of the backup that its key is restored from. */
import * as pulumi from "@pulumi/pulumi";
import type { KeyDistributionInputs } from "./generated/inputs";
import type { KmsConnection } from "./generated/passedOn";
import type { Adopt, Restore, RestoredDistribution } from "./generated/types";

type Backup = pulumi.Input<Restore | undefined>;

/**
 * The `restore` input that `keymgmt import` has written into the stack's configuration for a key of this name. It is in the configuration
 * and not in the program, because one stack needs it once. So the program that created the keys restores them unchanged.
 */
export function configuredRestore(name: pulumi.Input<string>): Backup | undefined {
  const config = new pulumi.Config("keymgmt");
  const of = (key: string) => config.getObject<Restore>(`restore.${key}`);
  if (typeof name === "string") return of(name);
  // Without any restore the result must not depend on the name, so that the program does not look changed.
  const anything = Object.keys(pulumi.runtime.allConfig()).some((key) => key.startsWith("keymgmt:restore."));
  return anything ? pulumi.output(name).apply(of) : undefined;
}

interface Adoption {
  adopt: pulumi.Input<Adopt>;
  movedAlias?: pulumi.Input<string>;
}

/** Inputs of a KeyDistribution; undefined if nothing is adopted. */
export function adoptionOf(
  backup: Backup | undefined,
  kms: KmsConnection,
  { adopt: program, extraAliases }: Pick<KeyDistributionInputs, "adopt" | "extraAliases">,
): Adoption | undefined {
  const all = backup === undefined ? program : adoptedFrom(backup, kms, program);
  if (all === undefined) return undefined;
  return extraAliases === undefined ? { adopt: all } : withoutExtra(all, extraAliases);
}

/** An alias of `extraAliases` names no KMS key to adopt, and gives the distribution no name: it is moved. */
function withoutExtra(
  adopt: pulumi.Input<Adopt>,
  extraAliases: pulumi.Input<pulumi.Input<string>[]>,
): Adoption {
  const split = pulumi.all([adopt, extraAliases]).apply(([one, names]) => {
    const { aliasName, ...others } = one ?? {};
    if (aliasName === undefined || !names.includes(aliasName)) return { adopt: one };
    return { adopt: others.versions && others, movedAlias: aliasName };
  });
  return {
    adopt: split.apply((parts) => parts.adopt) as pulumi.Input<Adopt>,
    movedAlias: split.apply((parts) => parts.movedAlias) as pulumi.Input<string>,
  };
}

/**
 * The KMS keys of a backup for a KmsProvider. They are selected by Region, which previews know, and by account and alias prefix only if the
 * backup has several in that Region. In another account the adoption fails; otherwise new KMS keys would be created, which cannot decrypt
 * anything. If the backup has none, those that the program adopts are used.
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
 * ARNs of the backup's KMS keys if none of its distributions is in the KmsProvider's Region. The new KMS keys there cannot decrypt what was
 * encrypted under these.
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
