/**
 * A user's trouble, and what it means for the exit code. Expected outcomes are values and our own bugs are
 * invariants; this class is for everything that a person can do something about.
 */
export const EXIT_CODES = {
  failed: 1,
  usage: 2,
  'not-running': 3,
  'no-such-agent': 4,
  'some-failed': 5,
  'timed-out': 6,
  unreachable: 7,
  'version-mismatch': 8,
  refused: 9,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

export class AgentvisorError extends Error {
  readonly code: ErrorCode;
  /** What the person can do next, one sentence. */
  readonly nextStep: string;

  constructor(code: ErrorCode, message: string, nextStep: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AgentvisorError';
    this.code = code;
    this.nextStep = nextStep;
  }
}

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(EXIT_CODES, value);

export const noSuchAgent = (target: string): AgentvisorError =>
  new AgentvisorError('no-such-agent', `No agent is called ${target}.`, 'See the names: agentvisor list');

/** Where one name is wanted: a pattern is no slip in a name. */
export const notOneAgent = (name: string): AgentvisorError =>
  name === 'all' || /[*?:]/.test(name)
    ? new AgentvisorError(
        'no-such-agent',
        `No agent is called ${name}.`,
        'One name is wanted here; see them: agentvisor list',
      )
    : noSuchAgent(name);

export const unreachable = (path: string, cause: unknown): AgentvisorError =>
  new AgentvisorError(
    'unreachable',
    `The daemon does not answer on ${path}.`,
    'Look at it: agentvisor daemon status',
    cause,
  );

export const notRunning = (): AgentvisorError =>
  new AgentvisorError('not-running', 'The daemon is not running.', 'Start agents with: agentvisor start FILE');

export const versionMismatch = (daemonVersion: string, clientVersion: string): AgentvisorError =>
  new AgentvisorError(
    'version-mismatch',
    `The daemon is version ${daemonVersion}, this command is version ${clientVersion}.`,
    'Let the daemon catch up, agents keep running: agentvisor daemon restart',
  );
