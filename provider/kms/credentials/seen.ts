import { isKeymgmtError } from "../../errors";
import type { KmsConnection } from "../endpoints/connection";
import { DEFAULT_TIME_LIMITS } from "../endpoints/http";
import { sharedSettings } from "../endpoints/sharedFiles";
import { sourcesOf } from "./sources";

/** Settings of a profile that lead to credentials: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
const LEADING =
  /^(aws_access_key_id|credential_process|credential_source|login_session|role_arn|source_profile|sso_session|sso_start_url|web_identity_token_file)$/;

/**
 * What a preview, which asks nobody, can say of a connection's credentials: that no source shows itself here, or what is wrong with the
 * first one. Undefined where one shows itself. Whether it works, and whether there is an instance role, only a request shows.
 */
export function lackOfCredentials(connection: KmsConnection): string | undefined {
  let or = " or a profile";
  try {
    for (const source of sourcesOf(connection, {}, DEFAULT_TIME_LIMITS)) {
      if ("missing" in source) continue;
      if (source.absentIf === undefined) return undefined;
      if (source.name === "instance") or = ", a profile, or an EC2 instance with a role";
      else if (hasDefaultProfile()) return undefined;
    }
  } catch (error) {
    if (isKeymgmtError(error)) return error.message;
    throw error;
  }
  return `no AWS credentials are seen in the program, the environment and AWS's files. This preview needs none; the update does. It needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY${or}.`;
}

const hasDefaultProfile = () =>
  sharedSettings().some(({ profile, name }) => profile === "default" && LEADING.test(name));
