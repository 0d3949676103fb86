interface Holder {
  type: string;
  inputs?: object;
  outputs?: object;
}

/** Where a decrypted state (`stackExport({ showSecrets: true }).json`) holds a keyring: `ManagedKey.outputs.keyring`. */
export function keyringPlaces({ deployment }: { deployment: { resources: Holder[] } }): string[] {
  return deployment.resources.flatMap(({ type, inputs, outputs }) =>
    pathsOf({ inputs, outputs }, type.split(":").at(-1)!).filter((path) => /keyring$/.test(path)),
  );
}

function pathsOf(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, `${path}.${name}`))];
}
