export type { ClockMove } from "./clock.js";
export type { LocalKmsConfig, ResourceQuotas } from "./config.js";
export type { ConsistencyConfig } from "./consistency/config.js";
export type { Controls } from "./control/controls.js";
export type { Fault } from "./faults/faults.js";
export type { Drop, InterceptedRequest, Interception } from "./faults/interception.js";
export { formatLogEntry, type RequestLogEntry } from "./http/requestLog.js";
export type { QuotasConfig } from "./quotas/requestQuotas.js";
export { type LocalKms, type LocalKmsOptions, startLocalKms } from "./start.js";
