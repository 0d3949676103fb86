import model from "./model.json";

/**
 * AWS's own API model of KMS (version 2014-11-01): names, types, lengths, ranges, patterns and enums of every operation,
 * written by tools/model from the model inside botocore. Data; validate.ts applies it.
 */
export interface ApiModel {
  readonly source: string;
  readonly operations: Readonly<Record<string, OperationModel>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

export interface OperationModel {
  /** Names of shapes. */
  readonly input?: string;
  readonly output?: string;
  readonly errors: readonly string[];
}

export interface Shape {
  readonly type: "string" | "blob" | "integer" | "boolean" | "timestamp" | "list" | "map" | "structure";
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** Never to be shown in a message. */
  readonly sensitive?: boolean;
  /** Of a structure: members by name, each the name of a shape. */
  readonly members?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  /** Of a list. */
  readonly member?: string;
  /** Of a map. */
  readonly key?: string;
  readonly value?: string;
}

export const API: ApiModel = model as ApiModel;

/** True for every operation of AWS KMS, carried out here or not. */
export const isKnown = (operation: string): boolean => Object.hasOwn(API.operations, operation);

export function shapeOf(name: string): Shape {
  const shape = API.shapes[name];
  if (!shape) throw new Error(`The API model has no shape ${name}`);
  return shape;
}
