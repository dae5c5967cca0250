import type { Api, Method } from '../protocol/api.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { PARAMS } from '../protocol/params.ts';
import { mismatch } from '../protocol/shape.ts';
import { incidentRow } from '../protocol/views.ts';
import { outcome, send } from './ask.ts';
import type { Connection } from './connection.ts';
import type { DaemonContext } from './context.ts';
import * as operate from './operate.ts';
import * as queries from './queries.ts';
import { Publisher } from './publisher.ts';
import { wait } from './waiting.ts';

type Served = Exclude<Method, 'hello'>;
type Methods = {
  readonly [M in Served]: (
    params: Api[M]['params'],
    connection: Connection,
  ) => Api[M]['result'] | Promise<Api[M]['result']>;
};

/** The methods of the socket. Params are checked here, once; behind this line they are what their type says. */
export function serveMethods(
  context: DaemonContext,
): (method: string, params: unknown, connection: Connection) => Promise<unknown> {
  const publisher = new Publisher(context);
  const methods: Methods = {
    ping: () => ({ pid: process.pid, uptimeMs: Math.round(process.uptime() * 1000) }),
    list: ({ targets }) => queries.list(context, targets),
    describe: ({ targets }) => queries.describe(context, targets),
    apply: (params) => operate.apply(context, params),
    start: ({ targets }) => operate.start(context, targets),
    stop: ({ targets }) => operate.stop(context, targets),
    restart: (params) => operate.restart(context, params),
    delete: ({ targets }) => operate.remove(context, targets),
    send: (params) => send(context, params),
    outcome: (params) => outcome(context, params),
    history: ({ agent }) => queries.history(context, agent),
    incidents: () => queries.incidents(context),
    events: ({ lines }) => queries.events(context, lines),
    wait: (params) => wait(context, params),
    status: () => queries.status(context),
    shutdown: ({ agents }) => shutDown(context, agents),
    subscribe: async (_params, connection) => {
      // The subscription begins with this very fleet, and what changes meanwhile waits behind the answer.
      const fleet = context.engine.fleet;
      connection.holdBack();
      publisher.add(connection);
      return { agents: await context.rows(fleet), incidents: Object.values(fleet.incidents).map(incidentRow) };
    },
  };
  return async (method, params, connection) => {
    if (!isServed(method)) throw unknownMethod(method);
    const wrong = mismatch(params, PARAMS[method]);
    if (wrong !== null)
      throw new AgentvisorError('usage', `${method}: ${wrong}.`, 'See the protocol in docs/architecture.md.');
    // The one cast of the server: `mismatch` has just compared the params with the shape of this very method.
    const serve = methods[method] as (params: unknown, connection: Connection) => unknown;
    return serve(params, connection);
  };
}

const isServed = (method: string): method is Served => Object.hasOwn(PARAMS, method);

async function shutDown(context: DaemonContext, withAgents: boolean): Promise<{ stopped: readonly string[] }> {
  const stopped = withAgents ? await operate.stop(context, ['all']) : [];
  // After the answer has left.
  setImmediate(context.shutDown);
  return { stopped: stopped.map(({ name }) => name) };
}

const unknownMethod = (method: string): AgentvisorError =>
  new AgentvisorError(
    'usage',
    `There is no method ${JSON.stringify(method).slice(0, 80)}.`,
    'A newer command needs a newer daemon: agentvisor daemon restart',
  );
