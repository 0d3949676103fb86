import { createPrivateKey, type KeyObject } from "node:crypto";
import type { KeyRecord, Material } from "../record.js";
import { currentMaterial } from "../state.js";

/** The bytes that a key works with at a moment. The key state table let the operation through, so they are there. */
export const materialBytes = (key: KeyRecord, now: number): Buffer => bytesOf(currentMaterial(key, now)!);

export const bytesOf = (material: Material): Buffer => Buffer.from(material.bytes!, "base64");

/** The private half of an asymmetric key's pair, from which node:crypto derives the public half. */
export const privateKeyOf = (key: KeyRecord, now: number): KeyObject =>
  createPrivateKey({ key: materialBytes(key, now), format: "der", type: "pkcs8" });
