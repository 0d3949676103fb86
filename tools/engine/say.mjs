/** Progress, on standard error: standard output is the answer. */
export function say(line) {
  process.stderr.write(`engine: ${line}\n`);
}
