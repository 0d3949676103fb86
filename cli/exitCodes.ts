/** Exit codes of every `keymgmt` command. */
export const EXIT = {
  /** Done, and nothing was found. */
  fine: 0,
  /** It failed, or the answer could not be determined. */
  error: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** Something was found: drift, KMS keys that no state accounts for, or a problem that `doctor` reports. */
  found: 3,
} as const;

export const EXIT_CODES_HELP =
  "\nExit codes:\n" +
  "  0  done, nothing found\n" +
  "  1  error: it failed, or the answer could not be determined\n" +
  "  2  the command line is wrong; nothing was done\n" +
  "  3  found: drift, unaccounted KMS keys, or a problem to fix";

/** The options of the command line contradict each other, or one is missing. */
export class UsageError extends Error {}
