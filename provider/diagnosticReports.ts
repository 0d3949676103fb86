/**
 * Node's diagnostic reports (--report-on-fatalerror, --report-on-signal) hold the environment, and so root keys and
 * credentials. It is left out of them from Node 22.13 on; an older Node has no way to.
 * Source: https://nodejs.org/api/report.html, `excludeEnv`.
 */
Object.assign(process.report, { excludeEnv: true });
