/** As much of DER (X.690) as says what a file holds. OpenSSL reads the keys. */

/** One element: its tag, its content, and all its bytes. They share the memory of what was read. */
export interface DerElement {
  tag: number;
  content: Buffer;
  whole: Buffer;
}

export const SEQUENCE = 0x30;

/** The elements of one SEQUENCE. Undefined where the bytes are not exactly one. */
export function sequenceIn(bytes: Buffer): DerElement[] | undefined {
  const [outer, ...more] = elementsIn(bytes) ?? [];
  return outer?.tag === SEQUENCE && more.length === 0 ? elementsIn(outer.content) : undefined;
}

/** How many bytes stand behind the first element. */
export function bytesBehind(bytes: Buffer): number {
  return bytes.length - (elementAt(bytes, 0)?.whole.length ?? 0);
}

function elementsIn(bytes: Buffer): DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    if (!element) return undefined;
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function elementAt(bytes: Buffer, at: number): DerElement | undefined {
  const short = bytes[at + 1];
  if (short === undefined) return undefined;
  // 0x81 and 0x82: the length stands in one or two bytes behind this one.
  const lengthBytes = short < 0x80 ? 0 : short - 0x80;
  if (lengthBytes > 2 || short === 0x80 || at + 2 + lengthBytes > bytes.length) return undefined;
  const start = at + 2 + lengthBytes;
  const end = start + (lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes));
  if (end > bytes.length) return undefined;
  return { tag: bytes[at]!, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) };
}

/** A SEQUENCE of these elements. Its length stands in two bytes, which OpenSSL reads where one would do. */
export function sequenceOf(elements: Buffer[]): Buffer {
  const length = elements.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from([SEQUENCE, 0x82, length >> 8, length & 0xff]), ...elements]);
}
