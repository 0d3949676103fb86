/** A data folder is never reset or repaired by itself: whoever owns it decides. */
export function damaged(dir: string, what: string): Error {
  return new Error(
    `The data folder ${dir} is damaged: ${what}. Nothing was changed. ` +
      "Restore the folder from a copy, or start with another (or an empty) one",
  );
}

/** What the system refused at the start, in a sentence; any other error as it is. */
export function unusable(dir: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new Error(
    `The data folder ${dir} cannot be used: ${message}. What was stored in it is stored still. ` +
      "Make room on its disk and see that it may be written, or start on a copy elsewhere",
    { cause: error },
  );
}
