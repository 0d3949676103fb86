/** One token of an HSM: a session of it for one piece of work. */
import { isKeymgmtError } from "../../../errors";
import { readSecret } from "../../readReference";
import type { KeystoreSession } from "../session";
import type { Cryptoki, Handle, Pkcs11, Pkcs11Error, TokenSession } from "./cryptoki";
import { loadPkcs11js, quietly, unavailable, withModule } from "./module";
import type { HsmKeystore } from "./uri";

/** The name in messages for the place of the PIN. The place itself is not shown, because it may be a PIN by mistake. */
const SOURCE = "`pin-source`";

export interface Token {
  /** Its name in messages. */
  name: string;
  /** `purpose` completes "Expected the HSM's token to …". Throws KeystoreUnavailable. */
  use<T>(purpose: string, work: (loggedIn: TokenSession) => T | Promise<T>): Promise<T>;
}

/**
 * Loads pkcs11js and reads the PIN. The user is logged in for each piece of work, and a run does one piece after the other. So each has its
 * own session, and no session is open during a call to AWS.
 */
export async function reachToken(session: KeystoreSession, keystore: HsmKeystore): Promise<Token> {
  const { token, serial, modulePath, pinSource } = keystore;
  const name = [token, serial].filter(Boolean).join(", serial ");
  const pkcs11 = await loadPkcs11js();
  const pin = await readSecret(pinSource, `the PIN of token "${name}"`, session.say, SOURCE);
  return {
    name,
    use: (purpose, work) =>
      session.inTurn(async () => {
        const expected = `Expected the HSM's token "${name}" to ${purpose}`;
        try {
          return await withModule(pkcs11, modulePath, async (cryptoki) => {
            const { slot, serialNumber } = slotOf(pkcs11, cryptoki, keystore, name);
            const handle = cryptoki.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
            try {
              const pinOf = `${serialNumber} ${pinSource}`;
              if (session.refusedPins.has(pinOf))
                throw unavailable(`${expected}; it has refused the PIN from ${SOURCE}. ${PIN_ADVICE}`);
              logIn(pkcs11, cryptoki, handle, pin, () => session.refusedPins.add(pinOf));
              return await work({ pkcs11, cryptoki, handle });
            } finally {
              quietly(() => cryptoki.C_CloseSession(handle));
            }
          });
        } catch (error) {
          throw isKeymgmtError(error) ? error : answered(expected, error as Pkcs11Error);
        }
      }),
  };
}

function slotOf(
  pkcs11: Pkcs11,
  cryptoki: Cryptoki,
  { token, serial, modulePath }: HsmKeystore,
  name: string,
) {
  // Both are padded with blanks (CK_TOKEN_INFO).
  const tokens = cryptoki.C_GetSlotList(true).flatMap((slot) => {
    const { label, serialNumber, flags } = cryptoki.C_GetTokenInfo(slot);
    const isToken = (flags & pkcs11.CKF_TOKEN_INITIALIZED) !== 0;
    return isToken ? [{ slot, label: label.trimEnd(), serialNumber: serialNumber.trimEnd() }] : [];
  });
  const matching = tokens.filter(
    ({ label, serialNumber }) =>
      (token === undefined || label === token) && (serial === undefined || serialNumber === serial),
  );
  if (matching.length === 1) return matching[0]!;
  const list = (matching.length ? matching : tokens).map(
    ({ label, serialNumber }) => `"${label}" (serial ${serialNumber})`,
  );
  const came = matching.length > 1 ? "several match" : "it shows";
  throw unavailable(
    `Expected ${modulePath} to show one token "${name}"; ${came}: ${list.join(", ") || "none"}. Give its \`serial\` if several have the same label.`,
  );
}

function logIn(pkcs11: Pkcs11, cryptoki: Cryptoki, handle: Handle, pin: string, onRefused: () => void): void {
  try {
    cryptoki.C_Login(handle, pkcs11.CKU_USER, pin);
  } catch (error) {
    const { code } = error as Pkcs11Error;
    if (code === pkcs11.CKR_USER_ALREADY_LOGGED_IN) return;
    if (code === pkcs11.CKR_PIN_INCORRECT) onRefused();
    throw error;
  }
}

const PIN_ADVICE =
  "It was not tried again, because a token locks itself after a few wrong PINs: put the right PIN there.";

/** What a user can do, by the return value of the token (PKCS#11 2.40, section 5.1). */
const ADVICE: Record<string, string> = {
  CKR_PIN_INCORRECT: PIN_ADVICE,
  CKR_PIN_LOCKED: "Its security officer can set a new PIN.",
  CKR_KEY_UNEXTRACTABLE: "Only a key whose CKA_EXTRACTABLE is true can be imported into AWS KMS.",
  CKR_KEY_FUNCTION_NOT_PERMITTED:
    "Which key it is shows what it computes: an AES key needs CKA_ENCRYPT, any other CKA_SIGN.",
};

function answered(expected: string, error: Pkcs11Error): Error {
  const { method, message } = error;
  if (!/^CKR_\w+$/.test(message)) return error;
  const who = method || "it"; // the addon does not name a function that ran in a thread
  const pin = message.startsWith("CKR_PIN_") ? ` to the PIN from ${SOURCE}` : "";
  const advice = ADVICE[message] ?? "See the HSM's own log.";
  return unavailable(`${expected}; ${who} answered ${message}${pin}. ${advice}`, error);
}
