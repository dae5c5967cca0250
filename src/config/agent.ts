import type { AgentSpec, CredentialSpec, QuietPolicy, RestartPolicy } from '../kernel/spec.ts';
import { DEFAULTS } from './defaults.ts';
import { absolutePath, argv, programPath } from './paths.ts';
import type { Ground } from './paths.ts';
import type { OptionsShape } from './schema.ts';
import { durationMs, sizeBytes } from './units.ts';

export type AgentGround = Ground & {
  readonly file: string;
  readonly credentials: readonly CredentialSpec[];
};

/**
 * One agent's specification out of its options, `defaults` already merged in. An option that is missing or cleared takes
 * its default, except where "off" is a value of its own: there a cleared option is off.
 */
export function agentSpec(name: string, options: OptionsShape, ground: AgentGround): AgentSpec {
  const mode = options.mode ?? DEFAULTS.mode;
  const credentials = credentialNames(options);
  return {
    name,
    namespace: options.namespace ?? DEFAULTS.namespace,
    mode,
    cwd: absolutePath(options.cwd ?? DEFAULTS.cwd, ground),
    // A stream agent may inherit `defaults.command`; it does not run it.
    command: mode === 'command' ? argv(options.command ?? [], ground) : null,
    credentials,
    claude: claudeOptions(options.claude, ground),
    env: literalVariables(options),
    envFile: typeof options.envFile === 'string' ? absolutePath(options.envFile, ground) : DEFAULTS.envFile,
    envPass: options.envPass ?? DEFAULTS.envPass,
    restart: restartPolicy(options.restart),
    auth: {
      quiet: quietPolicy(options.auth?.quiet),
      verify: verifyOptions(options.auth?.verify, isBillable(credentials[0], ground)),
      redeliver: options.auth?.redeliver ?? DEFAULTS.auth.redeliver,
    },
    idleWake: idleWakeOptions(options.idleWake),
    stop: stopOptions(options.stop),
    watch: watchOptions(options.watch),
    memory: { maxBytes: memoryBytesMax(options.memory) },
    log: logLimits(options.log),
    fallback: { whenCapped: options.fallback?.whenCapped ?? DEFAULTS.fallback.whenCapped },
    rotate: { onChange: options.rotate?.onChange ?? DEFAULTS.rotate.onChange },
    enabled: options.enabled ?? DEFAULTS.enabled,
    file: ground.file,
  };
}

/** The first is used, the others are fallbacks. */
export function credentialNames(options: OptionsShape): readonly string[] {
  const { credential } = options;
  if (credential === null || credential === undefined) return [];
  return typeof credential === 'string' ? [credential] : credential;
}

/** Variables with a value; a null cleared one that `defaults` sets. */
function literalVariables(options: OptionsShape): Readonly<Record<string, string>> {
  const entries = Object.entries(options.env ?? DEFAULTS.env);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function claudeOptions(claude: OptionsShape['claude'], ground: Ground): AgentSpec['claude'] {
  return {
    bin: programPath(claude?.bin ?? DEFAULTS.claude.bin, ground),
    model: claude?.model ?? DEFAULTS.claude.model,
    args: claude?.args ?? DEFAULTS.claude.args,
    resume: claude?.resume ?? DEFAULTS.claude.resume,
  };
}

function restartPolicy(restart: OptionsShape['restart']): RestartPolicy {
  return {
    when: restart?.when ?? DEFAULTS.restart.when,
    delayMsMin: durationMs(restart?.delayMin ?? DEFAULTS.restart.delayMin),
    delayMsMax: durationMs(restart?.delayMax ?? DEFAULTS.restart.delayMax),
    crashesMax: restart?.crashesMax ?? DEFAULTS.restart.crashesMax,
    crashWindowMs: durationMs(restart?.crashWindow ?? DEFAULTS.restart.crashWindow),
  };
}

function quietPolicy(quiet: NonNullable<OptionsShape['auth']>['quiet']): QuietPolicy {
  return {
    strategy: quiet?.strategy ?? DEFAULTS.auth.quiet.strategy,
    delayMsMin: durationMs(quiet?.min ?? DEFAULTS.auth.quiet.min),
    delayMsMax: durationMs(quiet?.max ?? DEFAULTS.auth.quiet.max),
    longDelayMsMax: durationMs(quiet?.longMax ?? DEFAULTS.auth.quiet.longMax),
    jitter: quiet?.jitter ?? DEFAULTS.auth.quiet.jitter,
  };
}

/** On real money nothing is asked that nobody asked for. */
function verifyOptions(
  verify: NonNullable<OptionsShape['auth']>['verify'],
  billable: boolean,
): AgentSpec['auth']['verify'] {
  return {
    prompt: verify?.prompt ?? (billable ? false : DEFAULTS.auth.verify.prompt),
    timeoutMs: durationMs(verify?.timeout ?? DEFAULTS.auth.verify.timeout),
  };
}

function isBillable(credential: string | undefined, ground: AgentGround): boolean {
  return ground.credentials.some(({ name, billable }) => name === credential && billable);
}

function idleWakeOptions(idleWake: OptionsShape['idleWake']): AgentSpec['idleWake'] {
  const after = idleWake === null ? null : idleWake?.after === undefined ? DEFAULTS.idleWake.after : idleWake.after;
  return {
    afterMs: after === null || after === false ? null : durationMs(after),
    when: idleWake?.when ?? DEFAULTS.idleWake.when,
    at: idleWake?.at ?? DEFAULTS.idleWake.at,
  };
}

function stopOptions(stop: OptionsShape['stop']): AgentSpec['stop'] {
  return {
    interruptTimeoutMs: durationMs(stop?.interruptTimeout ?? DEFAULTS.stop.interruptTimeout),
    killTimeoutMs: durationMs(stop?.killTimeout ?? DEFAULTS.stop.killTimeout),
    killMode: stop?.killMode ?? DEFAULTS.stop.killMode,
  };
}

function watchOptions(watch: OptionsShape['watch']): AgentSpec['watch'] {
  return {
    startTimeoutMs: durationMs(watch?.startTimeout ?? DEFAULTS.watch.startTimeout),
    turnSilenceMs: durationMs(watch?.turnSilence ?? DEFAULTS.watch.turnSilence),
    afterResultMs: durationMs(watch?.afterResult ?? DEFAULTS.watch.afterResult),
  };
}

function logLimits(log: OptionsShape['log']): AgentSpec['log'] {
  return {
    sizeBytesMax: sizeBytes(log?.maxSize ?? DEFAULTS.log.maxSize),
    keep: log?.keep ?? DEFAULTS.log.keep,
    totalBytesMax: sizeBytes(log?.total ?? DEFAULTS.log.total),
    onFull: log?.onFull ?? DEFAULTS.log.onFull,
  };
}

function memoryBytesMax(memory: OptionsShape['memory']): number | null {
  const max = memory?.max ?? DEFAULTS.memory.max;
  return max === null ? null : sizeBytes(max);
}
