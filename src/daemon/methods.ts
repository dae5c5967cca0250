import type { Fleet } from '../kernel/fleet.ts';
import { redact } from '../kernel/redaction.ts';
import type { Api, Method } from '../protocol/api.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { PARAMS } from '../protocol/params.ts';
import { fitted, mismatch } from '../protocol/shape.ts';
import { incidentRow } from '../protocol/views.ts';
import { outcome, send } from './ask.ts';
import * as auth from './auth.ts';
import { BoardPublisher } from './board-publisher.ts';
import type { Connection, Handle } from './connection.ts';
import type { DaemonContext } from './context.ts';
import { asKept } from './kept.ts';
import * as operate from './operate.ts';
import * as queries from './queries.ts';
import { Publisher } from './publisher.ts';
import * as rotate from './rotate.ts';
import { wait } from './waiting.ts';

type Served = Exclude<Method, 'hello'>;
type Methods = {
  readonly [M in Served]: (params: Api[M]['params'], asker: Asker) => Api[M]['result'] | Promise<Api[M]['result']>;
};
type Holds = (fleet: Fleet) => boolean;

/** Who asks, and what it is served with. */
type Asker = {
  /** Its waits end with the client. */
  readonly context: DaemonContext;
  readonly daemon: DaemonContext;
  readonly publisher: Publisher;
  readonly boards: BoardPublisher;
  readonly connection: Connection;
};

const METHODS: Methods = {
  ping: () => ({ pid: process.pid, uptimeMs: Math.round(process.uptime() * 1000) }),
  list: ({ targets }, { context }) => queries.list(context, targets),
  describe: ({ targets }, { context }) => queries.describe(context, targets),
  apply: (params, { context }) => asKept(context, operate.apply(context, params)),
  plan: (params, { context }) => queries.plan(context, params),
  start: ({ targets }, { context }) => asKept(context, operate.start(context, targets)),
  stop: ({ targets }, { context }) => asKept(context, operate.stop(context, targets)),
  restart: (params, { context }) => asKept(context, operate.restart(context, params)),
  pause: ({ targets, paused }, { context }) => asKept(context, operate.pause(context, targets, paused)),
  reset: ({ targets }, { context }) => asKept(context, operate.reset(context, targets)),
  delete: ({ targets }, { context }) => asKept(context, operate.remove(context, targets)),
  send: (params, { context }) => send(context, params),
  outcome: (params, { context }) => outcome(context, params),
  history: ({ agent }, { context }) => queries.history(context, agent),
  explain: ({ targets }, { context }) => queries.explain(context, targets),
  credentials: (_params, { context }) => queries.credentials(context),
  'credential-states': (_params, { context }) => auth.states(context),
  auth: ({ targets }, { context }) => auth.auth(context, targets),
  incidents: ({ open }, { context }) => queries.incidents(context, open),
  'incident-stats': (_params, { context }) => queries.stats(context),
  events: ({ lines }, { context }) => queries.events(context, lines),
  wait: (params, { context }) => wait(context, params),
  status: (_params, { context }) => queries.status(context),
  save: (_params, { context }) => operate.save(context),
  flush: ({ targets }, { context }) => operate.flush(context, targets),
  rotate: (params, { context }) => rotate.begin(context, params),
  'undo-rotation': ({ credential }, { context }) => rotate.undo(context, credential),
  rotation: ({ credential, seen }, { context }) => rotate.follow(context, credential, seen),
  // Begun, it is brought to its end, whether or not its client waits for that.
  shutdown: ({ agents }, { daemon }) => shutDown(daemon, agents),
  subscribe: async (_params, { context, publisher, connection }) => {
    // The subscription begins with this very fleet, and what changes meanwhile waits behind the answer.
    const fleet = context.engine.fleet;
    connection.holdBack();
    publisher.add(connection);
    return { agents: await context.rows(fleet), incidents: Object.values(fleet.incidents).map(incidentRow) };
  },
  board: (_params, { boards, connection }) => boards.add(connection),
};

/** The methods of the socket. Params are checked here, once; behind this line they are what their type says. */
export function serveMethods(daemon: DaemonContext): Handle {
  const publisher = new Publisher(daemon);
  const boards = new BoardPublisher(daemon);
  return async (method, params, connection) => {
    if (!isServed(method)) throw unknownMethod(method);
    const wrong = mismatch(params, PARAMS[method]);
    if (wrong !== null)
      throw new AgentvisorError('usage', `${method}: ${wrong}.`, 'See the protocol in docs/architecture.md.');
    const context = { ...daemon, until: (holds: Holds) => daemon.engine.until(holds, connection.gone) };
    // The one cast of the server: `mismatch` has just compared the params with the shape of this very method.
    const serve = METHODS[method] as (params: unknown, asker: Asker) => unknown;
    try {
      return await serve(fitted(params, PARAMS[method]), { context, daemon, publisher, boards, connection });
    } catch (error) {
      throw error instanceof AgentvisorError ? error : ourBug(daemon, method, error);
    }
  };
}

/** Whatever its message quotes: to the client it goes without secrets, as to the log. */
function ourBug({ complain, secrets }: DaemonContext, method: string, error: unknown): Error {
  complain(`request ${method}`, error);
  const text = error instanceof Error ? error.message : String(error);
  return new Error(redact(text, secrets.known()), { cause: error });
}

const isServed = (method: string): method is Served => Object.hasOwn(PARAMS, method);

async function shutDown(context: DaemonContext, withAgents: boolean): Promise<{ stopped: readonly string[] }> {
  const stopped = withAgents ? await operate.stop(context, ['all']) : [];
  const unknown = withAgents ? await context.endUnknown() : [];
  // After the answer has left.
  setImmediate(context.shutDown);
  return { stopped: [...stopped.filter(({ ok }) => ok).map(({ name }) => name), ...unknown] };
}

const unknownMethod = (method: string): AgentvisorError =>
  new AgentvisorError(
    'usage',
    `There is no method ${JSON.stringify(method).slice(0, 80)}.`,
    'A newer command needs a newer daemon: agentvisor daemon restart',
  );
