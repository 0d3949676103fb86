/** A PKCS#11 module: the library of an HSM's maker that reaches its tokens. */
import { KeymgmtError } from "../../../errors";
import type { Cryptoki, Pkcs11, Pkcs11Error } from "./cryptoki";

/** An optional peer dependency. It is compiled when it is installed, and only users of an HSM need it. */
const PACKAGE = "pkcs11js";

/** Throws KeystoreUnavailable where the package is not installed, or not for this Node. */
export async function loadPkcs11js(): Promise<Pkcs11> {
  try {
    return (await import(PACKAGE)).default;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unavailable(
      code === "ERR_MODULE_NOT_FOUND"
        ? "Expected the npm package `pkcs11js`, which connects to HSMs; it is not installed, because only users of an HSM need it. Run `npm install pkcs11js` where pulumi-keymgmt is installed; that compiles it and needs a C++ compiler and Python."
        : `Expected the npm package \`pkcs11js\`, compiled for Node ${process.version}; it cannot be loaded (${code}). Run \`npm rebuild pkcs11js\`.`,
      error,
    );
  }
}

/**
 * Loads a module for one piece of work. So it keeps no resources between two, and sees the tokens that are connected now. The caller lets
 * one piece end before the next begins, because the module is finalized, for the whole process. For that reason a module that something
 * else in this process uses is refused: finalized under a running call, by either, it takes the process down.
 */
export async function withModule<T>(
  pkcs11: Pkcs11,
  path: string,
  work: (cryptoki: Cryptoki) => Promise<T>,
): Promise<T> {
  const cryptoki = new pkcs11.PKCS11();
  try {
    cryptoki.load(path);
  } catch (error) {
    const { message } = error as Error;
    throw unavailable(`Expected a PKCS#11 module at ${path}; it cannot be loaded: ${message}.`, error);
  }
  try {
    initialize(pkcs11, cryptoki, path);
    try {
      return await work(cryptoki);
    } finally {
      quietly(() => cryptoki.C_Finalize());
    }
  } finally {
    cryptoki.close();
  }
}

function initialize(pkcs11: Pkcs11, cryptoki: Cryptoki, path: string): void {
  try {
    cryptoki.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  } catch (error) {
    if ((error as Pkcs11Error).code !== pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
    throw unavailable(
      `Expected the PKCS#11 module at ${path} for this work alone; something else in this process has initialized it, such as another dynamic provider of the program. Let it end that, or do its work in another program.`,
      error,
    );
  }
}

/** Ends what was begun. A failure changes nothing for what was done before, and must not hide why that failed. */
export function quietly(end: () => void): void {
  try {
    end();
  } catch {
    // the token is gone
  }
}

export function unavailable(message: string, cause?: unknown): KeymgmtError {
  return new KeymgmtError("KeystoreUnavailable", `${message} The keyring is as it was.`, {}, { cause });
}
