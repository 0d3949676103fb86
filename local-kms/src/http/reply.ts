import { KmsError } from "../api/errors.js";
import type { Drop, Interception } from "../faults/interception.js";
import { THROTTLED } from "../quotas/requestQuotas.js";
import type { Answer } from "./answer.js";
import { errorAnswer } from "./answer.js";

/** What comes back to the caller: an answer, or how the connection ends without a whole one. */
export interface Reply {
  readonly answer?: Answer;
  readonly ending?: Drop | "kill";
}

/** What an interception makes of an answer (there is none where the request did not take effect). */
export function intercepted(interception: Interception, answer: Answer | undefined): Reply {
  if ("error" in interception) {
    const {
      name,
      message = name === "ThrottlingException" ? THROTTLED : undefined,
      status,
    } = interception.error;
    return { answer: errorAnswer(new KmsError(name, message, status)) };
  }
  if ("kill" in interception) return { ending: "kill" };
  if ("drop" in interception) return { answer, ending: interception.drop };
  return { answer };
}

/** As the log shows it. */
export const outcomeOf = ({ answer, ending }: Reply): string => ending ?? answer?.errorType ?? "ok";
