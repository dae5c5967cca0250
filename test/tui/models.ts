import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Description } from '../../src/protocol/api.ts';
import type { CredentialRow } from '../../src/protocol/auth-rows.ts';
import type { ActivityRow, BoardAgent } from '../../src/protocol/board.ts';
import type { AgentRow, ExplanationRow, HistoryRow, IncidentRow } from '../../src/protocol/rows.ts';
import { plainText, type Line, type Look, type Size } from '../../src/tui/line.ts';
import type { FleetChange, FleetState, Model, View } from '../../src/tui/model.ts';
import { agentRow, incidentRow } from '../cli/rows.ts';

/** When the tests look at the screen. */
export const NOW = Date.parse('2026-11-20T12:00:00.000Z');

/** So long ago, as the daemon writes it; negative: so long from now. */
export const ago = (ms: number): string => new Date(NOW - ms).toISOString();
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const PLAIN: Look = { colour: false, unicode: true };
export const COLOURED: Look = { colour: true, unicode: true };
export const ASCII: Look = { colour: false, unicode: false };

/** The sizes that every view is looked at in. */
export const SIZES: readonly Size[] = [
  { columns: 60, rows: 12 },
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
];

/** What people read, without the space behind it. */
export const textsOf = (lines: readonly Line[]): readonly string[] => lines.map((each) => plainText(each).trimEnd());

export const explanation = (row: Partial<ExplanationRow> = {}): ExplanationRow => ({
  name: 'reviewer',
  text: 'reviewer is up and healthy.',
  is: 'reviewer is up and healthy.',
  why: '',
  next: '',
  todo: '',
  ...row,
});

/** An agent on the board; a test names what it is about. */
export function boardAgent(row: Partial<AgentRow> = {}, rest: Partial<Omit<BoardAgent, 'row'>> = {}): BoardAgent {
  const whole = agentRow(row);
  return {
    row: whole,
    turnStartedAt: null,
    fallback: null,
    cause: null,
    explanation: explanation({ name: whole.name, is: `${whole.name} is up and ${whole.health}.` }),
    ...rest,
  };
}

export const credential = (row: Partial<CredentialRow> = {}): CredentialRow => ({
  name: 'max',
  type: 'oauth-token',
  source: 'file /srv/token',
  fingerprint: '0123abcd',
  agents: ['reviewer'],
  verdict: 'works',
  incidents: [],
  lastGood: null,
  endsAt: null,
  rotation: null,
  ...row,
});

/** One that is open; the daemon's closed one is `incidentRow` itself. */
export const openIncident = (row: Partial<IncidentRow> = {}): IncidentRow =>
  incidentRow({ closedAt: null, attempts: [], recoveries: [], receipt: null, ...row });

export const history = (row: Partial<HistoryRow> = {}): HistoryRow => ({
  at: ago(HOUR),
  run: '000001',
  event: 'ready',
  cause: null,
  detail: '',
  ...row,
});

export const activity = (row: Partial<ActivityRow> = {}): ActivityRow => ({
  at: ago(15 * MINUTE),
  good: 0,
  failed: 0,
  restarts: 0,
  ...row,
});

const SPEC: AgentSpec = {
  name: 'reviewer',
  namespace: 'default',
  mode: 'stream',
  cwd: '/srv/reviewer',
  command: null,
  credentials: ['max'],
  claude: { bin: 'claude', model: null, args: [], resume: true },
  env: {},
  envFile: null,
  envPass: [],
  restart: { when: 'always', delayMsMin: 1_000, delayMsMax: 60_000, crashesMax: 10, crashWindowMs: 600_000 },
  auth: {
    quiet: { strategy: 'schedule', delayMsMin: 30_000, delayMsMax: 600_000, longDelayMsMax: 1_800_000, jitter: 0.1 },
    verify: { prompt: 'Say OK.', timeoutMs: 120_000 },
    redeliver: 'auto',
  },
  idleWake: { afterMs: null, when: 'before-message', at: null },
  stop: { interruptTimeoutMs: 5_000, killTimeoutMs: 10_000, killMode: 'tree' },
  watch: { startTimeoutMs: 60_000, turnSilenceMs: 600_000, afterResultMs: 60_000 },
  memory: { maxBytes: null },
  log: { sizeBytesMax: 50_000_000, keep: 5, totalBytesMax: 500_000_000, onFull: 'block' },
  rotate: { onChange: 'roll' },
  fallback: { whenCapped: false },
  enabled: true,
  file: '/srv/agents.ts',
};

export const spec = (change: Partial<AgentSpec> = {}): AgentSpec => ({ ...SPEC, ...change });

export const description = (change: Partial<Description> = {}): Description => ({
  agent: agentRow(),
  spec: SPEC,
  explain: 'reviewer is up and healthy.',
  runFolder: '/srv/home/agents/reviewer/runs/000001',
  activity: [],
  dropped: null,
  messages: [],
  ...change,
});

export const fleetOf = (change: Partial<FleetState> = {}): FleetState => ({
  agents: [boardAgent()],
  incidents: [],
  credentials: [],
  status: null,
  ...change,
});

/** A screen that is connected; a view that is given stands over the fleet. */
export const modelOf = (change: Partial<Model> = {}, view: View | null = null): Model => ({
  now: NOW,
  touchedAt: NOW,
  size: { columns: 120, rows: 40 },
  look: PLAIN,
  readonly: false,
  link: { at: 'live' },
  fleet: fleetOf(),
  events: [],
  views: [
    { at: 'fleet', selected: null, sort: 'trouble', reversed: false, filter: '', namespace: null },
    ...(view === null ? [] : [view]),
  ],
  prompt: null,
  confirm: null,
  notice: null,
  pending: [],
  zoomed: false,
  ...change,
});

export const change = (what: Partial<FleetChange> = {}): FleetChange => ({
  agents: [],
  removed: [],
  incidents: [],
  credentials: null,
  status: null,
  events: [],
  usage: {},
  ...what,
});
