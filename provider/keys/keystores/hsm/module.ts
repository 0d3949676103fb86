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
 * one piece end before the next begins, because the module is finalized.
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
    const isOurs = initialize(pkcs11, cryptoki);
    try {
      return await work(cryptoki);
    } finally {
      if (isOurs) cryptoki.C_Finalize();
    }
  } finally {
    cryptoki.close();
  }
}

/** Whether this call initialized the module. Another dynamic provider in this process may have initialized it before. */
function initialize(pkcs11: Pkcs11, cryptoki: Cryptoki): boolean {
  try {
    cryptoki.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
    return true;
  } catch (error) {
    if ((error as Pkcs11Error).code === pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED) return false;
    throw error;
  }
}

export function unavailable(message: string, cause?: unknown): KeymgmtError {
  return new KeymgmtError("KeystoreUnavailable", `${message} The keyring is as it was.`, {}, { cause });
}
