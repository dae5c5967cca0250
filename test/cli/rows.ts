import type { AgentRow, EventRow, IncidentRow } from '../../src/protocol/rows.ts';

/** A row as a daemon sends it; a test names what it is about. */
export const agentRow = (row: Partial<AgentRow> = {}): AgentRow => ({
  id: 1,
  name: 'reviewer',
  namespace: 'default',
  mode: 'stream',
  desired: 'up',
  paused: false,
  state: 'running',
  health: 'healthy',
  since: '2026-11-20T06:37:00.000Z',
  pid: 4321,
  run: '000001',
  startedAt: '2026-11-20T06:36:00.000Z',
  restarts: 0,
  restartsByCause: {},
  auth401s: 0,
  lastGoodTurnAt: null,
  lastTurn: null,
  inTurn: false,
  queued: 0,
  nextAttemptAt: null,
  incident: null,
  credential: { name: 'max', fingerprint: '0123abcd' },
  sessionId: null,
  model: null,
  tier: null,
  claudeVersion: null,
  cpu: null,
  rss: null,
  costUsd: 0,
  notionalUsd: 0,
  adopted: false,
  degraded: [],
  ...row,
});

export const eventRow = (row: Partial<EventRow> = {}): EventRow => ({
  at: '2026-11-20T06:37:00.000Z',
  agent: 'reviewer',
  run: '000001',
  event: 'ready',
  cause: null,
  detail: '',
  ...row,
});

export const incidentRow = (row: Partial<IncidentRow> = {}): IncidentRow => {
  const recovery = {
    agent: 'reviewer',
    failedRequestId: 'req_1',
    attempts: 1,
    messageId: 'msg_2',
    at: '2026-11-20T06:38:00.000Z',
    downMs: 60_000,
  };
  return {
    id: 'i7',
    scope: 'session',
    key: 'reviewer',
    cause: 'auth-session',
    openedAt: '2026-11-20T06:37:00.000Z',
    closedAt: '2026-11-20T06:38:00.000Z',
    mergedInto: null,
    agents: ['reviewer'],
    evidence: ['401 authentication_failed'],
    attempts: [
      { agent: 'reviewer', at: '2026-11-20T06:37:01.000Z', run: '000002', canary: false, outcome: 'recovered' },
    ],
    firstRequestId: 'req_1',
    requestIds: ['req_1'],
    recoveries: [recovery],
    receipt: recovery,
    ...row,
  };
};
