/** References as messages show them: people put keys and passwords where a name, a path or a command is wanted. */

/** Longest name and path that are shown. */
const NAME_LENGTH = 64;
const PATH_LENGTH = 256;

/** A word of this length that has letters and digits is no word: an access key id has 20, a key in hex or base64 more. */
const TOKEN_LENGTH = 16;

/** Attributes of a PKCS #11 URI that name a token or a key (RFC 7512 section 2.3): of no other is the value shown. */
const NAMING = ["token", "serial", "object", "id", "module-path"];

/**
 * `env://NAME` where NAME is a variable's name; `file:///path` where it is like a path; of `exec:command arguments` the command;
 * of `pkcs11:` what names the token or key; of `awskms://` all but its query. "…" stands for the rest.
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
      return `${scheme}${rest.replace(/[^;?&]+/g, (part) => (NAMING.includes(part.split("=")[0]!) ? part : "…"))}`;
    case "awskms://": {
      const [keyId = ""] = rest.split("?");
      return `${scheme}${isLikePath(keyId) ? keyId : "…"}`;
    }
    default:
      return reference === "state" || reference === "none" ? reference : "…";
  }
}

/** One that the environment has, or a POSIX name whose words are of one case. A version's placeholder may be in it. */
function isVariableName(text: string): boolean {
  if (Object.hasOwn(process.env, text)) return true;
  const name = text.replaceAll("{version}", "1");
  const isName = /^[A-Z_][A-Z\d_]*$|^[a-z_][a-z\d_]*$/.test(name);
  return isName && name.length <= NAME_LENGTH && !hasToken(name);
}

/** A file's path, and no key or password that stands in the place of one. */
export function isLikePath(text: string): boolean {
  return /^[\w./~@:%+{} -]+$/.test(text) && text.length <= PATH_LENGTH && !hasToken(text);
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
