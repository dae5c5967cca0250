import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { ADA } from '../kernel/fleet-of.ts';

/** Who plays: the usual agents with everything that takes long made short, so that a history lasts seconds. */

const FILE: CredentialSpec = {
  name: 'file',
  type: 'oauth-token',
  from: { file: '/home/token' },
  configDir: null,
  billable: false,
  ceilingUsd: null,
  mintedAt: null,
};
/** What the command line hands over: a daemon has it in memory, and takes it back from a living agent. */
const HANDED: CredentialSpec = { ...FILE, name: 'handed', from: { env: 'TOKEN' } };

export const CREDENTIALS: readonly CredentialSpec[] = [FILE, HANDED];
export const SECRETS = { TOKEN: `sk-ant-oat01-${'b'.repeat(60)}` } as const;
export const SECRET_FILE = `sk-ant-oat01-${'a'.repeat(60)}`;

const QUICK: AgentSpec = {
  ...ADA,
  cwd: '/home',
  claude: { ...ADA.claude, bin: '/bin/claude' },
  restart: { when: 'always', delayMsMin: 100, delayMsMax: 800, crashesMax: 50, crashWindowMs: 5_000 },
  auth: {
    quiet: { strategy: 'schedule', delayMsMin: 300, delayMsMax: 1_500, longDelayMsMax: 3_000, jitter: 0.2 },
    verify: { prompt: 'Reply with OK.', timeoutMs: 2_500 },
    redeliver: 'auto',
  },
  stop: { interruptTimeoutMs: 300, killTimeoutMs: 300, killMode: 'tree' },
  watch: { startTimeoutMs: 2_500, turnSilenceMs: 2_500, afterResultMs: 2_500 },
  log: { sizeBytesMax: 1_000, keep: 1_000, totalBytesMax: 50_000_000, onFull: 'block' },
  file: '/home/ecosystem.ts',
};

const cast = (name: string, credential: string, change: Partial<AgentSpec> = {}): AgentSpec => ({
  ...QUICK,
  name,
  credentials: [credential],
  env: { SIM_CREDENTIAL: credential },
  ...change,
});

export const CAST: readonly AgentSpec[] = [
  cast('ada', 'file'),
  cast('bob', 'file', { log: { ...QUICK.log, sizeBytesMax: 500_000 } }),
  cast('cyd', 'handed', { idleWake: { afterMs: 1_500, when: 'before-message', at: null } }),
  cast('eli', 'handed', { log: { ...QUICK.log, onFull: 'truncate-oldest' } }),
  cast('cmd', 'file', { mode: 'command', command: ['/bin/worker'], credentials: [], env: {} }),
];
