/** Keys that are read once, and written once in each form: what Node takes for that is most of a run's time. */
import crypto, { type KeyObject } from "node:crypto";

type Read = (from: crypto.PublicKeyInput | KeyObject | string) => KeyObject;

/** As `read`, of what was not read before. */
export function readingOnce(read: Read): Read {
  const known = new Map<unknown, KeyObject>();
  return (from) => {
    const name = from instanceof crypto.KeyObject || typeof from === "string" ? from : nameOf(from);
    const key = known.get(name) ?? writtenOnce(read(from));
    known.set(name, key);
    return key;
  };
}

const nameOf = ({ key, format, type }: crypto.PublicKeyInput) =>
  `${format} ${type} ${Buffer.isBuffer(key) ? key.toString("base64") : JSON.stringify(key)}`;

function writtenOnce(key: KeyObject): KeyObject {
  const known = new Map<string, Buffer | string | object>();
  const write = key.export.bind(key) as (options: object) => Buffer | string | object;
  return Object.assign(key, {
    export(options: object) {
      const name = JSON.stringify(options);
      const text = known.get(name) ?? write(options);
      known.set(name, text);
      return copyOf(text);
    },
  });
}

/** Who gets bytes may zero them. */
const copyOf = (text: Buffer | string | object) =>
  Buffer.isBuffer(text) ? Buffer.from(text) : typeof text === "string" ? text : { ...text };
