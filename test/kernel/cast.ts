import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { ADA, MAX } from './fleet-of.ts';

/** Who plays in the random histories. */

export const KEY: CredentialSpec = {
  name: 'key',
  type: 'api-key',
  from: { file: '/srv/key' },
  configDir: null,
  billable: true,
  ceilingUsd: null,
  mintedAt: null,
};

export const CREDENTIALS: readonly CredentialSpec[] = [MAX, KEY];

const HALF_AN_HOUR_MS = 30 * 60_000;
export const MEMORY_MAX = 1_000_000_000;

/**
 * On `max`: ada and bob fail in every way, eve never does and keeps its secret, cyd asks a smaller model. On `key`: dan is renewed when he is
 * idle, eli before he is asked. cmd is a command agent.
 */
export const CAST: readonly AgentSpec[] = [
  ADA,
  { ...ADA, name: 'bob', auth: { ...ADA.auth, redeliver: 'never' }, restart: { ...ADA.restart, when: 'failure' } },
  { ...ADA, name: 'eve', rotate: { onChange: 'hold' } },
  { ...ADA, name: 'cyd', claude: { ...ADA.claude, model: 'haiku' }, memory: { maxBytes: MEMORY_MAX } },
  {
    ...ADA,
    name: 'dan',
    credentials: ['key'],
    auth: { ...ADA.auth, verify: { ...ADA.auth.verify, prompt: false } },
    idleWake: { afterMs: HALF_AN_HOUR_MS, when: 'when-idle', at: null },
  },
  {
    ...ADA,
    name: 'eli',
    credentials: ['key'],
    idleWake: { afterMs: HALF_AN_HOUR_MS, when: 'before-message', at: '06:30' },
  },
  { ...ADA, name: 'cmd', mode: 'command', command: ['worker'], credentials: [] },
];

export const TALKERS: readonly string[] = CAST.filter(({ mode }) => mode === 'stream').map(({ name }) => name);
export const VICTIMS: readonly string[] = CAST.map(({ name }) => name).filter((name) => name !== 'eve');
