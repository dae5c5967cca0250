import { error, fine, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import type { MachineSeen } from './machine-reading.ts';

export type ClockSeen = {
  /** ms since the epoch. */
  readonly now: number;
  /** Moments that were certainly before now, and what they are. */
  readonly past: readonly { readonly at: number; readonly what: string }[];
};

/** The clocks of files and of events differ by less. */
const CLOCK_SLACK_MS = 60_000;
/** The daemon holds five files of an agent open, and some of its own. */
const FILES_OF_DAEMON = 64;
const FILES_PER_AGENT = 8;
/** The limit counts threads: Claude Code has some thirty, and starts programs. */
const PROCESSES_OF_USER = 256;
const PROCESSES_PER_AGENT = 64;

/** What is to be said about the machine that holds `agents` agents. */
export function machineChecks(seen: MachineSeen, clock: ClockSeen, agents: number): readonly Finding[] {
  return [lingerCheck(seen), clockCheck(seen, clock), ...limitChecks(seen, agents)];
}

function lingerCheck({ hasSystemd, isRoot, user, lingers, killsUserProcesses }: MachineSeen): Finding {
  const about = 'log-out';
  if (!hasSystemd) return fine('linger', about, 'there is no systemd here that could end anything');
  if (isRoot) return fine('linger', about, 'what root runs does not end with a session');
  if (lingers === true) return fine('linger', about, `what ${user} runs outlives the last session (linger)`);
  const todo = `loginctl enable-linger ${user}`;
  if (killsUserProcesses === true) {
    const found = `logind ends the daemon and every agent when ${user} logs out (KillUserProcesses=yes, no linger)`;
    return error('no-linger', about, found, todo);
  }
  return warning(
    'no-linger',
    about,
    `user units of ${user} end with the last session, and none starts with the machine`,
    todo,
  );
}

function clockCheck({ isClockSynchronised }: MachineSeen, { now, past }: ClockSeen): Finding {
  const about = 'clock';
  const todo = 'set it; logins and tokens are judged by it';
  const ahead = past.find(({ at }) => at > now + CLOCK_SLACK_MS);
  if (ahead !== undefined) {
    return error('clock-behind', about, `${isoOf(now)} is before ${ahead.what} (${isoOf(ahead.at)})`, todo);
  }
  if (isClockSynchronised === false) {
    return warning('clock-alone', about, `${isoOf(now)}, and nothing keeps it right`, 'timedatectl set-ntp true');
  }
  const how =
    isClockSynchronised === true ? 'kept right over the network' : 'nothing here tells whether it is kept right';
  return fine('clock', about, `${isoOf(now)}, ${how}`);
}

const isoOf = (at: number): string => new Date(at).toISOString();

function limitChecks({ openFilesMax, processesMax }: MachineSeen, agents: number): readonly Finding[] {
  return [
    limitCheck('open files', 'ulimit -n', openFilesMax, FILES_OF_DAEMON + FILES_PER_AGENT * agents),
    limitCheck('processes', 'ulimit -u', processesMax, PROCESSES_OF_USER + PROCESSES_PER_AGENT * agents),
  ];
}

function limitCheck(what: string, how: string, max: number | null, needed: number): Finding {
  const about = `limit of ${what}`;
  if (max === null) return fine('limit', about, 'nothing here tells it');
  const shown = max === Infinity ? 'none' : String(max);
  if (max >= needed) return fine('limit', about, shown);
  return warning(
    'limit-low',
    about,
    `${shown}, and these agents need about ${needed}`,
    `raise it (${how}), then: agentvisor daemon restart`,
  );
}
