import {
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kms";
import { ABROAD, HOME } from "../program";
import { typeOf, type World } from "../world";
import type { Hand } from "./operations";

/** What somebody does in AWS, by hand, to one of the stack's KMS keys; undefined where there is none to do it to. */
export async function handsOn(world: World, hand: Hand): Promise<string | undefined> {
  const region = hand.region === "home" ? HOME : ABROAD;
  const send = world.clients[region]!.send;
  const done = (what: string) => `${hand.hand} ${what} in ${region}`;
  try {
    if (hand.hand === "DeleteAlias") {
      const alias = await aliasOf(world);
      if (!alias) return undefined;
      await send(new DeleteAliasCommand({ AliasName: alias }));
      return done(alias);
    }
    const KeyId = await keyIdOf(world, region, hand.version);
    if (!KeyId) return undefined;
    switch (hand.hand) {
      case "DisableKey":
        await send(new DisableKeyCommand({ KeyId }));
        return done(KeyId);
      case "ScheduleKeyDeletion":
        await send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 30 }));
        return done(KeyId);
      case "DeleteImportedKeyMaterial":
        // Nobody deletes the last copy of a material: without the ManagedKey in the state AWS has it.
        if (!(await hasItsKey(world))) return undefined;
        await send(new DeleteImportedKeyMaterialCommand({ KeyId }));
        return done(KeyId);
      case "PutKeyPolicy":
        await send(new PutKeyPolicyCommand({ KeyId, PolicyName: "default", Policy: POLICY }));
        return done(KeyId);
      case "TagResource":
        await send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: hand.tag, TagValue: "by hand" }] }));
        return done(`${KeyId} ${hand.tag}`);
      case "UntagResource":
        await send(new UntagResourceCommand({ KeyId, TagKeys: [hand.tag] }));
        return done(`${KeyId} ${hand.tag}`);
    }
  } catch (error) {
    // AWS refuses some of it in some states, such as what is scheduled for deletion already.
    const { name, message } = error as Error;
    if (!REFUSED_BY_AWS.includes(name)) throw error;
    return done(`refused by AWS: ${name} ${message}`);
  }
}

const REFUSED_BY_AWS = ["KMSInvalidStateException", "NotFoundException"];

const ROOT = "arn:aws:iam::111122223333:root";
const allowed = (Sid: string, Action: string) => ({
  Sid,
  Effect: "Allow",
  Principal: { AWS: ROOT },
  Action,
  Resource: "*",
});

/** The account keeps what it had, and there is a statement more. */
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [allowed("Enable IAM User Permissions", "kms:*"), allowed("by hand", "kms:Decrypt")],
});

/** The alias that the stack's applications use. */
async function aliasOf(world: World): Promise<string | undefined> {
  const given = (await world.state()).find((each) => typeOf(each) === "KeyDistribution");
  return given?.outputs.aliasName;
}

async function keyIdOf(
  world: World,
  region: string,
  version: "first" | "latest",
): Promise<string | undefined> {
  const type = region === HOME ? "KeyDistribution" : "KeyReplica";
  const found = (await world.state()).find((each) => typeOf(each) === type);
  const versions = Object.entries((found?.outputs.versions ?? {}) as Record<string, { keyId: string }>);
  versions.sort(([a], [b]) => Number(a) - Number(b));
  return versions.at(version === "first" ? 0 : -1)?.[1].keyId;
}

async function hasItsKey(world: World): Promise<boolean> {
  return !world.programs.right.adopt && (await world.state()).some((each) => typeOf(each) === "ManagedKey");
}
