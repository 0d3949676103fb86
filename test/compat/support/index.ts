export { checksOf } from "./checks";
export { Clients, clientsOr, skip, type Target } from "./clients";
export { type Ministack, startMinistack } from "./ministack";
export { mirrorOr, Terraform } from "./terraform";
