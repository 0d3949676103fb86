/**
 * Node's diagnostic reports (--report-on-fatalerror, --report-on-signal, …) contain the environment, and so root keys and credentials.
 * Only the flag --report-exclude-env (Node 22.13 and later) excludes it from the whole report: `excludeEnv` has no effect in worker threads,
 * such as loaders of ES modules. Without the flag, only reports that the program itself requests are written.
 * The program, the provider's process and the command load this file. It loads nothing.
 * Source: https://nodejs.org/api/report.html
 */
const report: typeof process.report & { excludeEnv?: boolean } = process.report;

if (!report.excludeEnv) {
  const { reportOnSignal, signal } = report;
  const never = { reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false };
  Object.assign(report, { ...never, excludeEnv: true });
  if (reportOnSignal) process.on(signal, () => {}); // without a listener the signal would end the process
}
