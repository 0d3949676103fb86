export type { InterceptedRequest, Interception, LocalKmsConfig } from "./config.js";
export { formatLogEntry, type RequestLogEntry } from "./http/requestLog.js";
export { type LocalKms, type LocalKmsOptions, startLocalKms } from "./start.js";
