import { AGENT_COOKIE, RUN_COOKIE } from '../kernel/cookies.ts';

type Variables = Readonly<Record<string, string>>;

export type ChildEnvironmentInput = {
  /** What the shell of `start FILE` had of the allow-listed variables (`src/config` picks them), secrets apart. */
  readonly plain: Variables;
  readonly plainSecret: Variables;
  /** `env`, `envFile` and `envPass` of the agent, in the order in which they override each other. */
  readonly declared: Variables;
  readonly envFile: Variables;
  readonly passed: Variables;
  /** How the credential reaches the agent (`src/config/credentials.ts`). */
  readonly credential: Variables;
  /** Absolute path of the run's folder. */
  readonly run: string;
  readonly agent: string;
};

/**
 * Set by a Claude Code around us. An inherited one makes the child believe that it belongs to another session and, for
 * the first three, save no transcript, so that nothing could be resumed. The last one would make the child go on with
 * an unfinished turn by itself (measured), beside our own redelivery: the question would be asked twice.
 */
const NEVER = new Set([
  'CLAUDECODE',
  'CLAUDE_CODE_CHILD_SESSION',
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_CODE_SESSION_KIND',
  'CLAUDE_CODE_RESUME_INTERRUPTED_TURN',
]);

/**
 * Built afresh for every spawn; a later source wins. The credential's variable wins over everything an operator wrote,
 * so that the credential that is shown is the one that is injected; the cookies win over all.
 */
export function childEnvironment(input: ChildEnvironmentInput): Record<string, string> {
  const chosen = {
    // The binary must not change under a running fleet.
    DISABLE_AUTOUPDATER: '1',
    ...input.plain,
    ...input.plainSecret,
    ...input.declared,
    ...input.envFile,
    ...input.passed,
    ...input.credential,
  };
  return {
    ...Object.fromEntries(Object.entries(chosen).filter(([name]) => !NEVER.has(name))),
    [RUN_COOKIE]: input.run,
    [AGENT_COOKIE]: input.agent,
  };
}
