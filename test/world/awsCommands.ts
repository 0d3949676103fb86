import {
  CancelKeyDeletionCommand,
  EnableKeyCommand,
  type KMSClient,
  TagResourceCommand,
} from "@aws-sdk/client-kms";

const COMMAND =
  /aws kms (tag-resource|cancel-key-deletion|enable-key) --region (\S+) --key-id ([\w-]+)((?: |--tags|TagKey=[^\s,]+,TagValue=[^\s`]+)*)/g;

/**
 * Runs the `aws kms` commands that a message names, as a person would who pastes them.
 *
 * @returns the commands
 */
export async function followed(
  message: string,
  clientOf: (region: string) => Pick<KMSClient, "send">,
): Promise<string[]> {
  const commands: string[] = [];
  for (const [text, what, region, KeyId, rest] of message.matchAll(COMMAND)) {
    const client = clientOf(region!);
    if (what === "cancel-key-deletion") await client.send(new CancelKeyDeletionCommand({ KeyId }));
    else if (what === "enable-key") await client.send(new EnableKeyCommand({ KeyId }));
    else await client.send(new TagResourceCommand({ KeyId, Tags: tagsIn(rest!) }));
    commands.push(text.trim());
  }
  return commands;
}

/** A sentence may end with the command. */
const tagsIn = (text: string) =>
  [...text.matchAll(/TagKey=([^\s,]+),TagValue=(\S+?)\.?(?=\s|$)/g)].map(([, TagKey, TagValue]) => ({
    TagKey,
    TagValue,
  }));
