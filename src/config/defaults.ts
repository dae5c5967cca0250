import type { DefaultsOptions } from './input.ts';

type Complete<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]-?: Complete<Exclude<T[K], undefined>> }
    : T;

/**
 * The one table of defaults, in the words of an ecosystem file: the normaliser reads it, and a test
 * compares each `@default` in `input.ts` and `options.ts` with it.
 * `auth.verify.prompt` is `false` where the agent's first credential is billable (`agent.ts`).
 */
export const DEFAULTS = {
  namespace: 'default',
  mode: 'stream',
  cwd: '.',
  command: null,
  credential: null,
  claude: { bin: 'claude', model: null, args: [], resume: true },
  env: {},
  envFile: null,
  envPass: [],
  restart: { when: 'always', delayMin: '1s', delayMax: '5m', crashesMax: 5, crashWindow: '10m' },
  auth: {
    quiet: { strategy: 'adaptive', min: '20s', max: '3m', longMax: '30m', jitter: 0.2 },
    verify: { prompt: 'Reply with OK.', timeout: '5m' },
    redeliver: 'auto',
  },
  idleWake: { after: '1h', when: 'before-message', at: null },
  stop: { interruptTimeout: '5s', killTimeout: '10s', killMode: 'tree' },
  watch: { startTimeout: '90s', turnSilence: '30m', afterResult: '10m' },
  memory: { max: null },
  log: { maxSize: '50MB', keep: 5, total: '500MB', onFull: 'truncate-oldest' },
  fallback: { whenCapped: false },
  rotate: { onChange: 'roll' },
  enabled: true,
} as const satisfies Complete<DefaultsOptions>;
