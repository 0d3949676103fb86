/** Objects of a token. Source: PKCS#11 2.40, base, section 4. */
import type { Handle, Pkcs11, Pkcs11Error, Template, TokenSession } from "./cryptoki";
import type { HsmObject } from "./uri";

/** At most two objects of a class that a URI names. */
export function findObjects(
  session: TokenSession,
  objectClass: number,
  { object, id }: HsmObject,
  more: Template = [],
): Handle[] {
  const { CKA_CLASS, CKA_LABEL, CKA_ID } = session.pkcs11;
  return search(session, [
    { type: CKA_CLASS, value: objectClass },
    ...(object === undefined ? [] : [{ type: CKA_LABEL, value: object }]),
    ...(id === undefined ? [] : [{ type: CKA_ID, value: id }]),
    ...more,
  ]);
}

/** Destroys a key that was just made with a new CKA_ID: both objects of a pair. */
export function destroyMade(session: TokenSession, id: Buffer): void {
  const { pkcs11, cryptoki, handle } = session;
  for (const object of search(session, [{ type: pkcs11.CKA_ID, value: id }]))
    cryptoki.C_DestroyObject(handle, object);
}

function search({ cryptoki, handle }: TokenSession, template: Template): Handle[] {
  cryptoki.C_FindObjectsInit(handle, template);
  try {
    return cryptoki.C_FindObjects(handle, 2);
  } finally {
    cryptoki.C_FindObjectsFinal(handle);
  }
}

/**
 * The public halves that may be a private key's: the public keys of its type with its CKA_ID and, where several have it (or none), with its
 * CKA_LABEL too. At most two.
 */
export function publicKeysBeside(session: TokenSession, key: Handle): Handle[] {
  const { CKO_PUBLIC_KEY, CKA_ID, CKA_KEY_TYPE, CKA_LABEL } = session.pkcs11;
  const same = (...types: number[]) =>
    types.map((type) => ({ type, value: bytesIfShown(session, key, type) }));
  const type = same(CKA_KEY_TYPE);
  const id = bytesIfShown(session, key, CKA_ID);
  const found = findObjects(session, CKO_PUBLIC_KEY, { id }, type);
  return found.length > 1
    ? findObjects(session, CKO_PUBLIC_KEY, { id }, [...type, ...same(CKA_LABEL)])
    : found;
}

export function bytesIn({ cryptoki, handle }: TokenSession, object: Handle, type: number): Buffer {
  return cryptoki.C_GetAttributeValue(handle, object, [{ type }])[0]!.value;
}

/** Empty where the token does not show it. */
export function bytesIfShown(session: TokenSession, object: Handle, type: number): Buffer {
  try {
    return bytesIn(session, object, type);
  } catch (error) {
    if ((error as Pkcs11Error).code === session.pkcs11.CKR_ATTRIBUTE_TYPE_INVALID) return Buffer.alloc(0);
    throw error;
  }
}

/** A CK_ULONG, or a CK_BBOOL. */
export function numberIn(session: TokenSession, object: Handle, type: number): number {
  const value = bytesIn(session, object, type);
  return value.readUIntLE(0, Math.min(value.length, 6));
}

/** An object that stays in the token. */
export function stored({ CKA_TOKEN, CKA_LABEL, CKA_ID }: Pkcs11, label: string, id: Buffer): Template {
  return [
    { type: CKA_TOKEN, value: true },
    { type: CKA_LABEL, value: label },
    { type: CKA_ID, value: id },
  ];
}

/** A secret or private key that nobody can read in the clear, and that can be wrapped. */
export function wrappable(pkcs11: Pkcs11): Template {
  return [
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
  ];
}

/** What a key can be used for, and what not. */
export function uses(can: readonly number[], cannot: readonly number[]): Template {
  return [...can.map((type) => ({ type, value: true })), ...cannot.map((type) => ({ type, value: false }))];
}
