import {
  DescribeKeyCommand,
  type KMSClient,
  ListResourceTagsCommand,
  paginateListAliases,
  paginateListKeys,
} from "@aws-sdk/client-kms";

/** What one writer has made, as it knows or sees it. */
export interface World {
  readonly keys: Readonly<Record<string, Key>>;
  /** Alias name to key id. */
  readonly aliases: Readonly<Record<string, string>>;
}

export interface Key {
  readonly state: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const NOTHING: World = { keys: {}, aliases: {} };

/** The tag by which a writer's keys are known. */
export const OWNER = "owner";

/** What a server shows, by owner. */
export async function observe(client: KMSClient): Promise<(owner: string) => World> {
  const keys: Record<string, Key> = {};
  for await (const page of paginateListKeys({ client }, {}))
    await Promise.all(
      page.Keys!.map(async ({ KeyId }) => {
        keys[KeyId!] = await describe(client, KeyId!);
      }),
    );
  const aliases: Record<string, string> = {};
  for await (const page of paginateListAliases({ client }, {}))
    for (const { AliasName, TargetKeyId } of page.Aliases!) aliases[AliasName!] = TargetKeyId!;
  return (owner) => {
    const own = Object.fromEntries(Object.entries(keys).filter(([, key]) => key.tags[OWNER] === owner));
    const names = Object.entries(aliases).filter(([, target]) => own[target] !== undefined);
    return { keys: own, aliases: Object.fromEntries(names) };
  };
}

export async function describe(client: KMSClient, KeyId: string): Promise<Key> {
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
  const { Tags } = await client.send(new ListResourceTagsCommand({ KeyId }));
  return {
    state: KeyMetadata!.KeyState!,
    description: KeyMetadata!.Description!,
    tags: Object.fromEntries(Tags!.map(({ TagKey, TagValue }) => [TagKey!, TagValue!])),
  };
}
