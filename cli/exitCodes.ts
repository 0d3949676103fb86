/** How every command of `keymgmt` ends. */
export const EXIT = {
  /** Done, and nothing was found. */
  fine: 0,
  /** It could not be done, or not be told. */
  error: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** Something was found: drift, KMS keys that nothing accounts for, something that `doctor` would have put right. */
  found: 3,
} as const;

export const EXIT_CODES_HELP =
  "\nExit codes:\n" +
  "  0  done, nothing found\n" +
  "  1  error: it could not be done, or not be told\n" +
  "  2  the command line is wrong; nothing was done\n" +
  "  3  found: drift, unaccounted KMS keys, or something to put right";

/** The command line asks for something that does not go together. */
export class UsageError extends Error {}
