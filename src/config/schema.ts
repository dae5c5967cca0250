import { z } from 'zod';
import {
  address,
  agentName,
  anyText,
  between,
  count,
  day,
  dollars,
  duration,
  flag,
  mode,
  name,
  names,
  oneOf,
  positiveDuration,
  positiveDurationOrFalse,
  positiveSize,
  prompt,
  text,
  timeOfDay,
  variable,
} from './leaves.ts';

// A file is checked once per process: compiling each object's check with `new Function` costs more than it saves.
z.config({ jitless: true });

const command = z.array(anyText).min(1).readonly();

const claude = z.strictObject({
  bin: text.nullish(),
  model: text.nullish(),
  args: z.array(anyText).readonly().nullish(),
  resume: flag.nullish(),
});

const restart = z.strictObject({
  when: oneOf(['always', 'failure', 'never']).nullish(),
  delayMin: duration.nullish(),
  delayMax: positiveDuration.nullish(),
  crashesMax: count(1).nullish(),
  crashWindow: positiveDuration.nullish(),
});

const quiet = z.strictObject({
  strategy: oneOf(['schedule', 'adaptive']).nullish(),
  min: positiveDuration.nullish(),
  max: positiveDuration.nullish(),
  longMax: positiveDuration.nullish(),
  jitter: between(0, 1).nullish(),
});

const auth = z.strictObject({
  quiet: quiet.nullish(),
  verify: z.strictObject({ prompt: prompt.nullish(), timeout: positiveDuration.nullish() }).nullish(),
  redeliver: oneOf(['auto', 'never']).nullish(),
});

const idleWake = z.strictObject({
  after: positiveDurationOrFalse.nullish(),
  when: oneOf(['before-message', 'when-idle']).nullish(),
  at: timeOfDay.nullish(),
});

const stop = z.strictObject({
  interruptTimeout: duration.nullish(),
  killTimeout: duration.nullish(),
  killMode: oneOf(['tree', 'group', 'main']).nullish(),
});

const watch = z.strictObject({
  startTimeout: positiveDuration.nullish(),
  turnSilence: positiveDuration.nullish(),
  afterResult: positiveDuration.nullish(),
});

const log = z.strictObject({
  maxSize: positiveSize.nullish(),
  keep: count(0).nullish(),
  total: positiveSize.nullish(),
  onFull: oneOf(['truncate-oldest', 'block', 'stop']).nullish(),
});

const defaults = z.strictObject({
  namespace: name.nullish(),
  mode: mode.nullish(),
  cwd: text.nullish(),
  command: command.nullish(),
  credential: names.nullish(),
  claude: claude.nullish(),
  env: z.record(z.string(), anyText.nullish()).readonly().nullish(),
  envFile: text.nullish(),
  envPass: z.array(variable).readonly().nullish(),
  restart: restart.nullish(),
  auth: auth.nullish(),
  idleWake: idleWake.nullish(),
  stop: stop.nullish(),
  watch: watch.nullish(),
  memory: z.strictObject({ max: positiveSize.nullish() }).nullish(),
  log: log.nullish(),
  fallback: z.strictObject({ whenCapped: flag.nullish() }).nullish(),
  rotate: z.strictObject({ onChange: oneOf(['roll', 'hold']).nullish() }).nullish(),
  enabled: flag.nullish(),
});

/** What belongs to which type of credential is checked in `check-file.ts`: a union here would blur the messages. */
const credential = z.strictObject({
  type: oneOf(['oauth-token', 'stored-login', 'api-key']),
  from: z.strictObject({ env: variable.nullish(), file: text.nullish(), command: command.nullish() }).nullish(),
  configDir: text.nullish(),
  billable: flag.nullish(),
  ceilingUsd: dollars.nullish(),
  mintedAt: day.nullish(),
});

const notify = z.strictObject({ command: command.nullish(), webhook: address.nullish() });

/** The shape of an ecosystem file. Strict: an unknown key is a mistake, not something that silently does nothing. */
export const ecosystemSchema = z.strictObject({
  credentials: z.record(z.string(), credential).readonly().nullish(),
  notify: z.array(notify).readonly().nullish(),
  defaults: defaults.nullish(),
  agents: z.array(z.strictObject({ name: agentName, ...defaults.shape })).readonly(),
});

type Shape = z.output<typeof ecosystemSchema>;
export type AgentShape = Shape['agents'][number];
export type OptionsShape = NonNullable<Shape['defaults']>;
export type CredentialShape = NonNullable<Shape['credentials']>[string];

/**
 * What is left of a file when all that did not fit was cut out, so that the other checks can still run and every mistake
 * is reported at once: any key may be missing, and a list may have gaps.
 */
export type Draft = {
  readonly credentials?: Readonly<Record<string, Partial<CredentialShape> | null>> | null | undefined;
  readonly notify?: readonly (NonNullable<Shape['notify']>[number] | null)[] | null | undefined;
  readonly defaults?: OptionsShape | null | undefined;
  readonly agents?: readonly (Partial<AgentShape> | null)[] | undefined;
};
