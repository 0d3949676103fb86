import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { checkout } from "../../../tools/toolchain";
import type { ApiModel, Shape } from "../../src/api/model.js";

export const modelFile = join(checkout, "local-kms", "src", "api", "model.json");

interface Reference {
  shape: string;
}

/** botocore's service-2.json, as far as it is read here. Format: https://github.com/boto/botocore, botocore/model.py */
interface ServiceModel {
  operations: Record<string, { input?: Reference; output?: Reference; errors?: Reference[] }>;
  shapes: Record<string, BotoShape>;
}

type BotoShape = Omit<Shape, "members" | "member" | "key" | "value"> & {
  members?: Record<string, Reference>;
  member?: Reference;
  key?: Reference;
  value?: Reference;
  exception?: boolean;
};

/** What the local KMS needs of AWS's API model: shapes and constraints, without prose. */
export function apiModel(file: string, source: string): ApiModel {
  const bytes = readFileSync(file);
  const service: ServiceModel = JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
  const operations = Object.entries(service.operations).map(([name, { input, output, errors = [] }]) => [
    name,
    { input: input?.shape, output: output?.shape, errors: errors.map(({ shape }) => shape) },
  ]);
  const shapes = Object.entries(service.shapes)
    .filter(([, shape]) => !shape.exception)
    .map(([name, shape]) => [name, bare(shape)]);
  return { source, operations: Object.fromEntries(operations), shapes: Object.fromEntries(shapes) };
}

function bare({ type, min, max, pattern, enum: values, sensitive, required, ...rest }: BotoShape): Shape {
  const members = Object.entries(rest.members ?? {}).map(([name, { shape }]) => [name, shape]);
  return {
    type,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(values === undefined ? {} : { enum: values }),
    ...(sensitive ? { sensitive } : {}),
    ...(rest.members ? { members: Object.fromEntries(members) } : {}),
    ...(required?.length ? { required } : {}),
    ...(rest.member ? { member: rest.member.shape } : {}),
    ...(rest.key && rest.value ? { key: rest.key.shape, value: rest.value.shape } : {}),
  };
}

/** One operation or shape a line, so that a change of AWS's shows as one. */
export function modelText({ source, operations, shapes }: ApiModel): string {
  const lines = (table: Record<string, unknown>) =>
    Object.entries(table)
      .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(",\n");
  return `{\n  "source": ${JSON.stringify(source)},\n  "operations": {\n${lines(operations)}\n  },\n  "shapes": {\n${lines(shapes)}\n  }\n}\n`;
}
