import type { Method } from './api.ts';
import type { Shape } from './shape.ts';

const fields = (record: Readonly<Record<string, Shape>>): Shape => ({ fields: record });
const nothing = fields({});
const targets = fields({ targets: 'strings' });

const agentSpec = fields({
  name: 'string',
  namespace: 'string',
  mode: { oneOf: ['stream', 'command'] },
  cwd: 'string',
  command: 'strings|null',
  credentials: 'strings',
  claude: fields({ bin: 'string', model: 'string|null', args: 'strings', resume: 'boolean' }),
  env: 'texts',
  envFile: 'string|null',
  envPass: 'strings',
  restart: fields({
    when: { oneOf: ['always', 'failure', 'never'] },
    delayMsMin: 'number',
    delayMsMax: 'number',
    crashesMax: 'number',
    crashWindowMs: 'number',
  }),
  auth: fields({
    quiet: fields({
      strategy: { oneOf: ['schedule', 'adaptive'] },
      delayMsMin: 'number',
      delayMsMax: 'number',
      longDelayMsMax: 'number',
      jitter: 'number',
    }),
    verify: fields({ prompt: { either: ['string', { oneOf: [false] }] }, timeoutMs: 'number' }),
    redeliver: { oneOf: ['auto', 'never'] },
  }),
  idleWake: fields({ afterMs: 'number|null', when: { oneOf: ['before-message', 'when-idle'] }, at: 'string|null' }),
  stop: fields({
    interruptTimeoutMs: 'number',
    killTimeoutMs: 'number',
    killMode: { oneOf: ['tree', 'group', 'main'] },
  }),
  watch: fields({ startTimeoutMs: 'number', turnSilenceMs: 'number', afterResultMs: 'number' }),
  memory: fields({ maxBytes: 'number|null' }),
  log: fields({
    sizeBytesMax: 'number',
    keep: 'number',
    totalBytesMax: 'number',
    // A client of before that option does not name it.
    onFull: { oneOf: ['truncate-oldest', 'block', 'stop', undefined] },
  }),
  fallback: fields({ whenCapped: 'boolean' }),
  rotate: fields({ onChange: { oneOf: ['roll', 'hold'] } }),
  enabled: 'boolean',
  file: 'string|null',
});

const secretSource: Shape = {
  either: [fields({ env: 'string' }), fields({ file: 'string' }), fields({ command: 'strings' }), { oneOf: [null] }],
};

const credentialSpec = fields({
  name: 'string',
  type: { oneOf: ['oauth-token', 'stored-login', 'api-key'] },
  from: secretSource,
  configDir: 'string|null',
  billable: 'boolean',
  ceilingUsd: 'number|null',
  mintedAt: 'number|null',
});

const notifySpec: Shape = { either: [fields({ command: 'strings' }), fields({ webhook: 'string' })] };

/** What each method takes; a client that sends something else is told where, and nothing changes. */
export const PARAMS: Readonly<Record<Exclude<Method, 'hello'>, Shape>> = {
  ping: nothing,
  list: targets,
  describe: targets,
  apply: fields({
    file: 'string',
    agents: { list: agentSpec },
    credentials: { list: credentialSpec },
    notify: { list: notifySpec },
    environment: 'texts',
    secrets: 'texts',
    prune: 'boolean',
  }),
  plan: fields({
    file: 'string',
    agents: { list: agentSpec },
    credentials: { list: credentialSpec },
    prune: 'boolean',
  }),
  start: targets,
  stop: targets,
  restart: fields({
    targets: 'strings',
    how: { oneOf: ['interrupt', 'now', 'after-turn'] },
    reason: 'string|null',
  }),
  pause: fields({ targets: 'strings', paused: 'boolean' }),
  reset: targets,
  delete: targets,
  send: fields({ agent: 'string', text: 'string', id: 'string' }),
  outcome: fields({ agent: 'string', id: 'string' }),
  history: fields({ agent: 'string' }),
  explain: targets,
  credentials: nothing,
  'credential-states': nothing,
  auth: targets,
  incidents: fields({ open: 'boolean' }),
  'incident-stats': nothing,
  events: fields({ lines: 'number' }),
  wait: fields({ targets: 'strings', for: { oneOf: ['healthy', 'up', 'down'] }, timeoutMs: 'number' }),
  status: nothing,
  save: nothing,
  flush: targets,
  rotate: fields({ credential: 'string', secret: 'string' }),
  'undo-rotation': fields({ credential: 'string' }),
  rotation: fields({ credential: 'string', seen: 'number' }),
  shutdown: fields({ agents: 'boolean' }),
  subscribe: nothing,
  board: nothing,
};
