import type { OperatorEvent } from '../../src/kernel/events.ts';
import { emptyFleet, type Agent, type Fleet, type Run } from '../../src/kernel/fleet.ts';
import { mono, wall, type Moment } from '../../src/kernel/moment.ts';
import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { step, type Step } from '../../src/kernel/step.ts';

/** Declarations, moments and ids for tests, each as plain as it can be. */

export const MAX: CredentialSpec = {
  name: 'max',
  type: 'oauth-token',
  from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' },
  configDir: null,
  billable: false,
  ceilingUsd: null,
  mintedAt: null,
};

/** The usual values, but what is tried when is not learned. */
export const ADA: AgentSpec = {
  name: 'ada',
  namespace: 'default',
  mode: 'stream',
  cwd: '/srv/ada',
  command: null,
  credentials: ['max'],
  claude: { bin: 'claude', model: 'opus', args: [], resume: true },
  env: {},
  envFile: null,
  envPass: [],
  restart: { when: 'always', delayMsMin: 1_000, delayMsMax: 300_000, crashesMax: 5, crashWindowMs: 600_000 },
  auth: {
    quiet: { strategy: 'schedule', delayMsMin: 20_000, delayMsMax: 180_000, longDelayMsMax: 1_800_000, jitter: 0.2 },
    verify: { prompt: 'Reply with OK.', timeoutMs: 300_000 },
    redeliver: 'auto',
  },
  idleWake: { afterMs: null, when: 'before-message', at: null },
  stop: { interruptTimeoutMs: 10_000, killTimeoutMs: 5_000, killMode: 'tree' },
  watch: { startTimeoutMs: 60_000, turnSilenceMs: 600_000, afterResultMs: 60_000 },
  memory: { maxBytes: null },
  log: { sizeBytesMax: 50_000_000, keep: 5, totalBytesMax: 500_000_000, onFull: 'truncate-oldest' },
  fallback: { whenCapped: false },
  rotate: { onChange: 'roll' },
  enabled: true,
  file: '/srv/ecosystem.ts',
};

export const START_WALL = Date.UTC(2026, 0, 1);
const START_MONO = 1_000_000;

/** The moment `ms` after the start of the test, with a roll that means no jitter. */
export const at = (ms: number, change: Partial<Moment> = {}): Moment => ({
  mono: mono(START_MONO + ms),
  wall: wall(START_WALL + ms),
  boot: 'boot-1',
  roll: 0.5,
  ...change,
});

/** A UUID for a name: it ends in 0000, as the id of a message must. */
export function uuidOf(name: string): string {
  const hex = Array.from(name, (char) => char.charCodeAt(0).toString(16))
    .join('')
    .slice(0, 12)
    .padEnd(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-4000-8000-000000000000`;
}

export const declared = (spec: AgentSpec): OperatorEvent => ({
  type: 'declared',
  spec,
  environment: { PATH: '/usr/bin' },
  seed: uuidOf(spec.name),
});

/** A fleet in which the agents are declared and down. */
export function fleetOf(...specs: AgentSpec[]): Fleet {
  const credentials = [MAX].map((spec): OperatorEvent => ({ type: 'credential-declared', spec }));
  return [...credentials, ...specs.map(declared)].reduce<Fleet>(
    (fleet, event) => step(fleet, event, at(0)).fleet,
    emptyFleet,
  );
}

/** A run of which nothing is known yet. */
export const aRun = (change: Partial<Run> = {}): Run => ({
  id: '000001',
  startedAt: at(0),
  shim: null,
  pid: null,
  session: null,
  sessionNumber: 1,
  adopted: false,
  catchingUp: false,
  cursor: 0,
  answered: false,
  servedAt: null,
  look: null,
  ended: null,
  totalCostUsd: 0,
  writing: null,
  ...change,
});

export function agentIn(fleet: Fleet, name = 'ada'): Agent {
  const agent = fleet.agents[name];
  if (agent === undefined) throw new Error(`there is no agent ${name}`);
  return agent;
}

/** Freezes a value to its depth: whoever changes it is found out. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) frozen(child);
  }
  return value;
}

/** A step whose input cannot be changed. */
export const frozenStep = (fleet: Fleet, event: Parameters<typeof step>[1], moment: Moment): Step =>
  step(frozen(fleet), frozen(event), frozen(moment));
