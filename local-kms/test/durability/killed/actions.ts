import assert from "node:assert/strict";
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DeleteAliasCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KMSClient,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { createExternalKey, importMaterial } from "../../support.js";
import { describe, type Key, OWNER, type World } from "./world.js";

/** One request, and what the world is once it took effect. */
export interface Action {
  readonly name: string;
  /** Answers the id of the key that it made, if it makes one. */
  send(client: KMSClient): Promise<unknown>;
  after(world: World, madeKeyId: string): World;
}

/** Something that is allowed in this world. */
export function nextAction(owner: string, world: World): Action {
  const possible = [...actionsOnKeys(world), ...actionsOnAliases(world)];
  // A few keys to a writer, so that each sees many changes.
  if (Object.keys(world.keys).length < 4 || randomInt(12) === 0) return creation(owner);
  return possible[randomInt(possible.length)]!;
}

function creation(owner: string): Action {
  const description = randomUUID();
  const Tags = [{ TagKey: OWNER, TagValue: owner }];
  return {
    name: "CreateKey",
    send: async (client) => (await createExternalKey(client, { Description: description, Tags })).KeyId,
    after: (world, id) =>
      withKey(world, id, { state: "PendingImport", description, tags: { [OWNER]: owner } }),
  };
}

function actionsOnKeys(world: World): Action[] {
  return Object.entries(world.keys).flatMap(([KeyId, key]) => {
    const on = (
      name: string,
      send: (client: KMSClient) => Promise<unknown>,
      changed: Partial<Key>,
    ): Action => ({
      name: `${name} ${KeyId}`,
      send,
      after: (before) => withKey(before, KeyId, { ...key, ...changed }),
    });
    const text = randomUUID();
    const read = on(
      "DescribeKey",
      async (client) => assert.deepEqual(await describe(client, KeyId), key),
      {},
    );
    if (key.state === "PendingDeletion")
      return [
        read,
        on("CancelKeyDeletion", (client) => client.send(new CancelKeyDeletionCommand({ KeyId })), {
          state: "Disabled",
        }),
      ];
    const { [OWNER]: owner, ...others } = key.tags;
    const always = [
      read,
      on(
        "UpdateKeyDescription",
        (client) => client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: text })),
        {
          description: text,
        },
      ),
      on(
        "TagResource",
        (client) => client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "t", TagValue: text }] })),
        {
          tags: { ...key.tags, t: text },
        },
      ),
      on(
        "UntagResource",
        (client) => client.send(new UntagResourceCommand({ KeyId, TagKeys: Object.keys(others) })),
        {
          tags: { [OWNER]: owner! },
        },
      ),
    ].filter(({ name }) => !name.startsWith("Untag") || others.t !== undefined);
    if (key.state === "PendingImport")
      return [
        ...always,
        on("ImportKeyMaterial", (client) => importMaterial(client, KeyId, randomBytes(32)), {
          state: "Enabled",
        }),
      ];
    const change = key.state === "Enabled" ? DisableKeyCommand : EnableKeyCommand;
    const schedule = new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 });
    return [
      ...always,
      on(change.name, (client) => client.send(new change({ KeyId })), {
        state: key.state === "Enabled" ? "Disabled" : "Enabled",
      }),
      on("ScheduleKeyDeletion", (client) => client.send(schedule), { state: "PendingDeletion" }),
    ];
  });
}

function actionsOnAliases(world: World): Action[] {
  const targets = Object.entries(world.keys).filter(([, { state }]) => state !== "PendingDeletion");
  const [TargetKeyId] = targets[randomInt(Math.max(targets.length, 1))] ?? [];
  const names = Object.keys(world.aliases);
  const onNew = TargetKeyId === undefined ? [] : [aliasCreation(TargetKeyId)];
  const onOld = names.slice(0, 3).flatMap((AliasName): Action[] => {
    const { [AliasName]: _, ...left } = world.aliases;
    const deletion: Action = {
      name: `DeleteAlias ${AliasName}`,
      send: (client) => client.send(new DeleteAliasCommand({ AliasName })),
      after: (before) => ({ ...before, aliases: left }),
    };
    if (TargetKeyId === undefined) return [deletion];
    const update: Action = {
      name: `UpdateAlias ${AliasName} ${TargetKeyId}`,
      send: (client) => client.send(new UpdateAliasCommand({ AliasName, TargetKeyId })),
      after: (before) => withAlias(before, AliasName, TargetKeyId),
    };
    return [deletion, update];
  });
  return [...onNew, ...onOld];
}

function aliasCreation(TargetKeyId: string): Action {
  const AliasName = `alias/${randomUUID()}`;
  return {
    name: `CreateAlias ${AliasName} ${TargetKeyId}`,
    send: (client) => client.send(new CreateAliasCommand({ AliasName, TargetKeyId })),
    after: (world) => withAlias(world, AliasName, TargetKeyId),
  };
}

const withKey = (world: World, id: string, key: Key): World => ({
  ...world,
  keys: { ...world.keys, [id]: key },
});

const withAlias = (world: World, name: string, target: string): World => ({
  ...world,
  aliases: { ...world.aliases, [name]: target },
});
