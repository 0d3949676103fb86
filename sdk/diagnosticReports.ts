/**
 * Node's diagnostic reports (--report-on-fatalerror, --report-on-signal, …) hold the environment, and so root keys and credentials.
 * Only the flag --report-exclude-env (Node 22.13 and later) leaves it out of all of a report: `excludeEnv` does not count for worker
 * threads, as loaders of ES modules are. Without the flag no report is written but those that the program itself asks for.
 * Loaded by the program, by the provider's process and by the command; it loads nothing.
 * Source: https://nodejs.org/api/report.html
 */
const report: typeof process.report & { excludeEnv?: boolean } = process.report;

if (!report.excludeEnv) {
  const { reportOnSignal, signal } = report;
  const never = { reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false };
  Object.assign(report, { ...never, excludeEnv: true });
  if (reportOnSignal) process.on(signal, () => {}); // without a listener the signal would end the process
}
