import { dirname } from 'node:path';
import { error, fine, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import type { HomeSeen } from './home-reading.ts';

/** How the daemon of a home is. */
export type DaemonSeen =
  | { readonly is: 'running'; readonly pid: number; readonly version: string; readonly degraded: readonly string[] }
  /** `wanted`: agents that are to be up, and which nobody looks after. */
  | { readonly is: 'absent'; readonly wanted: number }
  | { readonly is: 'silent'; readonly message: string; readonly nextStep: string };

const MEGABYTE = 2 ** 20;
/** Less does not hold the journal and a day's output. */
const FREE_BYTES_MIN = 100 * MEGABYTE;
const FREE_BYTES_FEW = 1024 * MEGABYTE;
/** Each run of an agent has some five files. */
const FREE_FILES_FEW = 10_000;

/** What is to be said about the home, its disk and its daemon. `version`: of this program. */
export function homeChecks(seen: HomeSeen, daemon: DaemonSeen, version: string): readonly Finding[] {
  return [...folderChecks(seen), ...diskChecks(seen), ...daemonChecks(daemon, version)];
}

function folderChecks({ path, exists, refusal, isWritable, socket }: HomeSeen): readonly Finding[] {
  const about = `home ${path}`;
  if (refusal !== null) return [error('home-refused', about, refusal.message, refusal.nextStep)];
  if (!isWritable) {
    return [
      error(
        'home-not-writable',
        about,
        'nothing can be written there',
        'mend it, or name another one with AGENTVISOR_HOME',
      ),
    ];
  }
  const isShort = dirname(socket) === path;
  return [
    exists
      ? fine('home', about, 'private and writable')
      : fine('home', about, 'is not there yet; the first start makes it'),
    isShort
      ? fine('socket', 'socket', socket)
      : warning(
          'socket-elsewhere',
          'socket',
          `the path of the home is too long for one, so it is ${socket}, which ends with your last session`,
          'name a home with a shorter path: AGENTVISOR_HOME',
        ),
  ];
}

function diskChecks({ path, disk }: HomeSeen): readonly Finding[] {
  const about = 'disk';
  if (disk === null) return [fine('disk', about, `the disk of ${path} does not tell how much room it has`)];
  const left = `${Math.floor(disk.freeBytes / MEGABYTE)} MB are left for ${path}`;
  const todo = 'make room: agentvisor flush removes the logs of ended runs';
  if (disk.freeBytes < FREE_BYTES_MIN) return [error('disk-full', about, left, todo)];
  if (disk.freeBytes < FREE_BYTES_FEW) return [warning('disk-low', about, left, todo)];
  if (disk.freeFiles !== null && disk.freeFiles < FREE_FILES_FEW) {
    return [warning('disk-low', about, `only ${disk.freeFiles} more files fit on the disk of ${path}`, todo)];
  }
  return [fine('disk', about, left)];
}

function daemonChecks(daemon: DaemonSeen, version: string): readonly Finding[] {
  const about = 'daemon';
  switch (daemon.is) {
    case 'silent':
      return [error('daemon-silent', about, daemon.message, daemon.nextStep)];
    case 'absent':
      if (daemon.wanted === 0) return [fine('daemon', about, 'not running, and no agent is wanted up')];
      return [
        warning(
          'daemon-absent',
          about,
          `not running, though ${daemon.wanted} of its agents ${daemon.wanted === 1 ? 'is' : 'are'} wanted up`,
          'agentvisor daemon restart',
        ),
      ];
    case 'running':
      return [
        daemon.version === version
          ? fine('daemon', about, `pid ${daemon.pid}, version ${version}`)
          : warning(
              'daemon-version',
              about,
              `version ${daemon.version} runs, and this command is version ${version}`,
              'agentvisor daemon restart; agents keep running',
            ),
        ...daemon.degraded.map((text) => warning('degraded', about, text, 'make room, or mend what it names')),
      ];
  }
}
