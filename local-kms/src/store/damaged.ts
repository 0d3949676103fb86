/** A data folder is never reset or repaired by itself: whoever owns it decides. */
export function damaged(dir: string, what: string): Error {
  return new Error(
    `The data folder ${dir} is damaged: ${what}. Nothing was changed. ` +
      "Restore the folder from a copy, or start with another (or an empty) one",
  );
}
