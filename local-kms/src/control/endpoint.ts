import type { Answer } from "../http/answer.js";
import type { WireRequest } from "../http/wireRequest.js";
import { NotStored } from "../store/notStored.js";
import type { Controls } from "./control.js";
import { refusalOf } from "./guard.js";

/** No AWS client uses a path that begins so. */
export const CONTROL_PATH = "/_local-kms/";

export type ControlEndpoint = (request: WireRequest) => Promise<Answer>;

type Route = (body: unknown) => unknown;

/** Answers the control endpoint's requests: JSON in, JSON out; `{"error": …}` says what is wrong. */
export function controlEndpoint(controls: Controls, token: string | undefined): ControlEndpoint {
  const routes = routesOf(controls);
  return async (request) => {
    const refusal = refusalOf(request, token);
    if (refusal) return json(refusal.status, { error: refusal.message });
    const name = request.path.slice(CONTROL_PATH.length);
    const methods = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (!methods)
      return json(404, { error: `There is no ${request.path}; there are ${Object.keys(routes)}` });
    const route = methods[request.method];
    if (!route) return json(405, { error: `${request.path} takes ${Object.keys(methods)}` });
    try {
      return json(
        200,
        await route(request.body.length > 0 ? JSON.parse(request.body.toString()) : undefined),
      );
    } catch (error) {
      return json(error instanceof NotStored ? 500 : 400, { error: (error as Error).message });
    }
  };
}

function routesOf(controls: Controls): Record<string, Record<string, Route>> {
  const clock = () => ({ time: controls.time() });
  const quotas = () => controls.quotas() ?? null;
  const consistency = () => controls.consistency() ?? null;
  return {
    health: { GET: () => ({ status: "ok" }) },
    counts: {
      GET: () => controls.counts(),
      DELETE: () => {
        controls.resetCounts();
        return controls.counts();
      },
    },
    clock: {
      GET: clock,
      POST: async (move) => {
        await controls.moveClock(move as Parameters<Controls["moveClock"]>[0]);
        return clock();
      },
    },
    faults: setting(controls.faults, (value) => controls.setFaults((value ?? []) as [])),
    quotas: setting(quotas, (value) => controls.setQuotas(value as "aws" | undefined)),
    consistency: setting(consistency, (value) => controls.setConsistency(value as object | undefined)),
  };
}

/** GET shows it, PUT sets it, DELETE ends it. */
function setting(get: () => unknown, set: (value: unknown) => Promise<void>): Record<string, Route> {
  const change = async (value: unknown) => {
    await set(value);
    return get();
  };
  return { GET: get, PUT: change, DELETE: () => change(undefined) };
}

const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: `${JSON.stringify(value)}\n`,
});
