import { accessSync, constants, lstatSync, mkdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { AgentvisorError } from '../protocol/errors.ts';
import { agentsFolder, daemonFile, daemonLog, restMark, stateFolder } from './paths.ts';

const PRIVATE = 0o700;
/** Group or others may write. Access lists beyond the mode are not looked at. */
const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;
/** As /tmp has it: who may write the folder may still not touch what belongs to others. */
const STICKY = 0o1000;

/** Makes the home if it is missing (0700) and refuses one that is not safe to trust, or in which nothing can be written. */
export function prepareHome(home: string): void {
  if (!exists(home)) makeFolder(home);
  checkHome(home);
  checkWritable(home);
  checkContents(home);
}

/**
 * Who can write the home can name the commands that agentvisor runs and pose as its daemon. A missing home is fine:
 * there is nothing to trust yet.
 */
export function checkHome(home: string): void {
  if (!exists(home)) return;
  checkFolder(home, 'The home');
  checkParent(dirname(home), home);
}

/** For the daemon. A socket whose path would be too long for the home lies where strangers may have been first. */
export function prepareSocketFolder(socket: string, home: string): void {
  const folder = dirname(socket);
  if (folder === home) return;
  if (!exists(folder)) makeFolder(folder);
  checkFolder(folder, 'The socket folder');
}

/** For a client, which makes nothing. */
export function checkSocketFolder(socket: string, home: string): void {
  const folder = dirname(socket);
  if (folder !== home && exists(folder)) checkFolder(folder, 'The socket folder');
}

/**
 * What a daemon is about to write to. A home that was open to others once, or is copied from somewhere, may hold links by which
 * somebody has it write elsewhere.
 */
function checkContents(home: string): void {
  for (const folder of [stateFolder(home), agentsFolder(home)]) if (exists(folder)) checkFolder(folder, 'The folder');
  for (const file of [daemonFile(home), daemonLog(home), restMark(home)])
    if (exists(file) && !lstatSync(file).isFile()) throw notAFile(file);
  const socket = join(home, 'daemon.sock');
  if (exists(socket) && lstatSync(socket).isDirectory()) throw notAFile(socket);
}

/** Where everybody may rename what belongs to others, another home can stand in the place of this one at any moment. */
function checkParent(parent: string, home: string): void {
  const { mode } = statSync(parent);
  if ((mode & WRITABLE_BY_ALL) !== 0 && (mode & STICKY) === 0) throw replaceable(parent, home, mode);
}

/** On a disk that may only be read the system says so to the superuser, too. */
function checkWritable(home: string): void {
  try {
    accessSync(home, constants.W_OK);
  } catch (cause) {
    throw isSystemError(cause) ? notWritable(home, cause) : cause;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(folder, { mode: PRIVATE });
  } catch (cause) {
    // Another CLI of the same moment may have made it; the check that follows judges the result.
    if (isSystemError(cause) && cause.code === 'EEXIST') return;
    throw cannotMake(folder, cause);
  }
}

function checkFolder(folder: string, what: string): void {
  const entry = lstatSync(folder);
  const target = entry.isSymbolicLink() ? follow(folder, what) : entry;
  if (!target.isDirectory()) throw notAFolder(folder, what);
  const uid = process.getuid?.();
  for (const { uid: owner } of [entry, target]) {
    if (uid !== undefined && owner !== uid) throw foreign(folder, what, owner, uid);
  }
  if ((target.mode & WRITABLE_BY_OTHERS) !== 0) throw writableByOthers(folder, what, target.mode);
}

function follow(folder: string, what: string): Stats {
  try {
    return statSync(folder);
  } catch (cause) {
    throw notAFolder(folder, what, cause);
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    // What stands above it is a file, or may not be entered.
    throw isSystemError(cause) ? notReached(path, cause) : cause;
  }
}

const isSystemError = (value: unknown): value is NodeJS.ErrnoException => value instanceof Error && 'code' in value;

const cannotMake = (folder: string, cause: unknown): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `The folder ${folder} cannot be made${isSystemError(cause) ? ` (${cause.code})` : ''}.`,
    'Make it yourself, or name another one with AGENTVISOR_HOME.',
    cause,
  );

const notWritable = (home: string, cause: NodeJS.ErrnoException): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `Nothing can be written in the home ${home} (${cause.code}${cause.code === 'EROFS' ? ', its disk may only be read' : ''}).`,
    'Make it writable, or name another one with AGENTVISOR_HOME.',
    cause,
  );

const notReached = (path: string, cause: NodeJS.ErrnoException): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `The folder ${path} cannot be reached (${cause.code}).`,
    'Look at the folders above it, or name another one with AGENTVISOR_HOME.',
    cause,
  );

const notAFolder = (folder: string, what: string, cause?: unknown): AgentvisorError =>
  new AgentvisorError('refused', `${what} ${folder} is not a folder.`, 'Name another one with AGENTVISOR_HOME.', cause);

const notAFile = (file: string): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `${file} is not the file that agentvisor would write there.`,
    `Remove it: rm -r ${file}`,
  );

const replaceable = (parent: string, home: string, mode: number): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `The folder ${parent} can be written by everybody (mode ${(mode & 0o777).toString(8)}): another user can put another home in the place of ${home}.`,
    `Close it: chmod o-w ${parent} (or chmod +t ${parent}, if others need it)`,
  );

const foreign = (folder: string, what: string, owner: number, uid: number): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `${what} ${folder} belongs to user ${owner}, not to you (${uid}).`,
    `Take it over (chown ${uid} ${folder}) or name another one with AGENTVISOR_HOME.`,
  );

const writableByOthers = (folder: string, what: string, mode: number): AgentvisorError =>
  new AgentvisorError(
    'refused',
    `${what} ${folder} can be written by other users (mode ${(mode & 0o777).toString(8)}).`,
    `Close it: chmod 700 ${folder}`,
  );
