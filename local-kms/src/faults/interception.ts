import type { Place } from "../keys/arn.js";

/** A KMS request before it is carried out. */
export interface InterceptedRequest extends Place {
  operation: string;
  /** The request's JSON body. */
  input: unknown;
}

/**
 * What becomes of a request: an error in place of the answer, a connection that ends without one, the end of the
 * server's process, or only a wait.
 */
export type Interception = {
  /** Whether the request takes effect all the same ("after"); by default it does not. One that AWS would refuse is refused. */
  when?: "before" | "after";
  /** How long whatever comes back waits. Alone it makes a slow answer; the request takes effect at once. */
  delayMillis?: number;
} & (
  | {
      /** AWS's name of the error; `status` is AWS's for that name unless given, and so is the message of a throttling. */
      error: { name: string; message?: string; status?: number };
    }
  | { drop: Drop }
  | { kill: true }
  | { delayMillis: number }
);

/**
 * `close`: the connection closes without an answer. `reset`: it ends by a TCP reset. `hang`: it stays open and nothing
 * comes. `half`: the request takes effect and half of the answer's body comes before the connection closes (all of an
 * answer without a body is lost).
 */
export type Drop = "close" | "reset" | "hang" | "half";

export type Intercept = (request: InterceptedRequest) => Interception | undefined;

/** Whether the request is carried out under this interception. */
export function takesEffect(interception: Interception | undefined): boolean {
  if (!interception || interception.when === "after") return true;
  if ("drop" in interception) return interception.drop === "half";
  return !("error" in interception || "kill" in interception);
}
