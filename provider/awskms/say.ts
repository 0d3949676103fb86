const said = new Set<string>();

/** Says a line to whoever runs the program, once a run: Pulumi shows it among the diagnostics of a preview or an update. */
export function say(line: string): void {
  const text = `keymgmt: ${line}`;
  if (!said.has(text)) console.error(text);
  said.add(text);
}

/** Does work, and says a line where it fails. */
export async function sayingIfItFails<T>(line: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    say(line);
    throw error;
  }
}

/** Begins a run, where one process is several: in tests. */
export function forgetSaid(): void {
  said.clear();
}
