import { COMMAND_LIVES } from "./commands";
import { NEEDED_LIVES } from "./needed";
import { OPTIONAL_LIVES } from "./optional";

export type { TriedLife } from "./triedLife";
export const LIVES = [...NEEDED_LIVES, ...OPTIONAL_LIVES, ...COMMAND_LIVES];
