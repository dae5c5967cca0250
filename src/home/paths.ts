import { realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The kernel's bound for a socket's path is 104 bytes on macOS and 108 on Linux, the final zero included. */
export const SOCKET_PATH_BYTES_MAX = 100;

/**
 * AGENTVISOR_HOME, else `~/.agentvisor`; always absolute, so that a daemon may change its folder, and without links: the
 * run folders in it are the marks of their processes, and a daemon that calls them otherwise would take none for its own.
 */
export function homeFolder(env: Environment): string {
  const named = env['AGENTVISOR_HOME'];
  return withoutLinks(named === undefined || named === '' ? join(homedir(), '.agentvisor') : resolve(named));
}

function withoutLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // Not there yet, or not to be entered, which whoever uses it will say: what stands above it may still be a link.
    const parent = dirname(path);
    return parent === path ? path : join(withoutLinks(parent), basename(path));
  }
}

/** `HOME/daemon.sock`, or a short stand-in for it outside the home when that path is too long to be bound. */
export const socketPath = (home: string, env: Environment = process.env): string => socketIn(home, 'daemon', env);

/** Where a sign-in waits for its code, under the same rule. */
export const loginSocketPath = (home: string, env: Environment = process.env): string => socketIn(home, 'login', env);

function socketIn(home: string, name: 'daemon' | 'login', env: Environment): string {
  const path = join(home, `${name}.sock`);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  // Loaded only here: node:crypto costs every start of the CLI two milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 16);
  return join(runtimeFolder(env), `${digest}${name === 'daemon' ? '' : `-${name}`}.sock`);
}

/** The folder of a short socket path; a stranger can write beside it, so its owner must be checked before use. */
function runtimeFolder(env: Environment): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  return join(runtime === undefined || runtime === '' ? tmpdir() : runtime, `agentvisor-${process.getuid?.() ?? 0}`);
}

export const daemonFile = (home: string): string => join(home, 'daemon.json');
export const daemonLog = (home: string): string => join(home, 'daemon.log');
/** There while no daemon is wanted: a keeper that wakes from its backoff ends instead of starting one. */
export const restMark = (home: string): string => join(home, 'daemon.rest');

export const stateFolder = (home: string): string => join(home, 'state');
export const journalFile = (home: string): string => join(stateFolder(home), 'journal.ndjson');
export const snapshotFile = (home: string): string => join(stateFolder(home), 'snapshot.json');
export const incidentsFile = (home: string): string => join(stateFolder(home), 'incidents.ndjson');
export const historyFile = (home: string): string => join(stateFolder(home), 'history.ndjson');
/** When each credential was last signed in to. */
export const mintsFile = (home: string): string => join(stateFolder(home), 'mints.json');
/** How daemons have crashed. */
export const crashesFile = (home: string): string => join(stateFolder(home), 'crashes.ndjson');
export const outboxFile = (home: string): string => join(stateFolder(home), 'outbox.ndjson');
/** What each try under way to deliver a notice leaves of itself. */
export const outboxFolder = (home: string): string => join(stateFolder(home), 'outbox');

export const agentsFolder = (home: string): string => join(home, 'agents');
export const agentFolder = (home: string, agent: string): string => join(agentsFolder(home), agent);
export const runsFolder = (home: string, agent: string): string => join(agentFolder(home, agent), 'runs');
export const runFolder = (home: string, agent: string, run: string): string => join(runsFolder(home, agent), run);

/** The files of one run's folder. */
export const RUN_FILES = {
  stdin: 'stdin',
  stdout: 'stdout.ndjson',
  stderr: 'stderr.log',
  exit: 'exit.json',
  live: 'live.json',
} as const;
