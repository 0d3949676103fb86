/** The disk takes no writes. The caller is told of a fault of the server; the server's log gets this text. */
export class NotStored extends Error {
  constructor(cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(
      `A change could not be stored (${code ?? message}) and was not made. Requests that change nothing are answered on, ` +
        "and each change is tried anew: make room on the disk of the data folder, or end this server and start it on a copy elsewhere",
      { cause },
    );
  }
}
