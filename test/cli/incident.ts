import type { Attempt, Gate, Incident, Receipt } from '../../src/kernel/trouble.ts';
import { mono, wall } from '../../src/kernel/moment.ts';

/** When the first incident of a test opens. */
export const BEGIN = Date.UTC(2026, 10, 20);

/** An incident as the kernel keeps it, opened `ms` after the begin; a test names what it is about. */
export const incident = (change: Partial<Incident> & { readonly id: string }, ms = 0): Incident => ({
  scope: 'session',
  key: 'ada',
  cause: 'auth-session',
  openedAt: { mono: mono(ms), wall: wall(BEGIN + ms), boot: 'boot-1' },
  closedAt: null,
  mergedInto: null,
  agents: ['ada'],
  open: [],
  evidence: [],
  attempts: [],
  requestIds: [],
  recoveries: [],
  gates: {},
  failedAttempts: 0,
  idleMs: null,
  told: [],
  ...change,
});

export const attempt = (outcome: Attempt['outcome']): Attempt => ({
  agent: 'ada',
  at: wall(BEGIN),
  run: null,
  canary: false,
  outcome,
});

export const receipt = (agent: string, downMs: number): Receipt => ({
  agent,
  failedRequestId: null,
  attempts: 1,
  messageId: null,
  at: wall(BEGIN),
  downMs,
});

export const gate = (attempts: number): Gate => ({
  canary: null,
  until: null,
  last: null,
  attempts,
  delayMs: 0,
  closedAt: null,
  next: null,
  held: false,
  renewed: false,
});
