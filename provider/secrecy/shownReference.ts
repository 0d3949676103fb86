/** References as messages show them. People put keys and passwords where a name, a path or a command belongs, so parts are hidden. */

/** Longer names and paths are not shown. */
const MAX_NAME_LENGTH = 64;
const MAX_PATH_LENGTH = 256;

/** A word of this length or more with letters and digits may be a secret: an access key id has 20 characters, a key in hex or base64 more. */
const TOKEN_LENGTH = 16;

/** Attributes of a PKCS #11 URI that name a token or a key (RFC 7512 section 2.3). Values of all others are hidden. */
const NAMING_ATTRIBUTES = ["token", "serial", "object", "id", "module-path"];

/**
 * The reference with "…" in place of the parts that may be secret. Shown are: `env://NAME` if NAME looks like a variable's name;
 * `file:///path` if the path looks like one; the command of `exec:command arguments`; the attributes of `pkcs11:` that name the token
 * or key; `awskms://` without its query.
 */
export function shownReference(reference: string): string {
  const [, scheme = "", rest = ""] =
    /^(env:\/\/|file:\/\/|exec:|pkcs11:|awskms:\/\/)(.*)$/s.exec(reference) ?? [];
  switch (scheme) {
    case "env://":
      return `${scheme}${isVariableName(rest) ? rest : "…"}`;
    case "file://":
      return `${scheme}${isLikePath(rest) ? rest : "…"}`;
    case "exec:":
      return `${scheme}${shownCommand(rest)}`;
    case "pkcs11:":
      return `${scheme}${rest.replace(/[^;?&]+/g, (part) => (NAMING_ATTRIBUTES.includes(part.split("=")[0]!) ? part : "…"))}`;
    case "awskms://": {
      const [keyId = ""] = rest.split("?");
      return `${scheme}${isLikePath(keyId) ? keyId : "…"}`;
    }
    default:
      return reference === "state" || reference === "none" ? reference : "…";
  }
}

/** A variable of this environment, or a POSIX name in one case. It may hold the placeholder `{version}`. */
function isVariableName(text: string): boolean {
  if (Object.hasOwn(process.env, text)) return true;
  const name = text.replaceAll("{version}", "1");
  const isName = /^[A-Z_][A-Z\d_]*$|^[a-z_][a-z\d_]*$/.test(name);
  return isName && name.length <= MAX_NAME_LENGTH && !hasToken(name);
}

/** Whether a text looks like a file's path and not like a key or password. */
export function isLikePath(text: string): boolean {
  return /^[\w./~@:%+{} -]+$/.test(text) && text.length <= MAX_PATH_LENGTH && !hasToken(text);
}

function shownCommand(line: string): string {
  const [command = "", ...args] = line.trim().split(" ");
  return `${isLikePath(command) ? command : "…"}${args.length > 0 ? " …" : ""}`;
}

function hasToken(text: string): boolean {
  return text
    .split(/[^A-Za-z\d+=]/)
    .some((word) => word.length >= TOKEN_LENGTH && /\d/.test(word) && /[A-Za-z]/.test(word));
}
