/** One process for good: pids are reused, a pid with its start time is not. */
export type Process = {
  readonly pid: number;
  readonly start: string;
  readonly parent: number;
  readonly group: number;
};

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** Called while the scan is still under way, so that a fork bomb can be stopped process by process. */
export type OnSight = (process: Process) => void;

/** What the daemon may know of the system's processes, and the only way in which it signals any of them. */
export interface ProcessTable {
  /** The living processes that carry this run's cookie, the shim among them. */
  bearers(cookie: string, onSight?: OnSight): Promise<Process[]>;
  /** One process as it is now, if it is alive and carries the cookie. */
  bearer(pid: number, cookie: string): Process | null;
  /** Whether all of it stands still: a stop reaches a process of many threads one by one. */
  isStopped(process: Process): boolean;
  /** null when it cannot be read. */
  environOf(pid: number): Record<string, string> | null;
  /**
   * Signals one process after having checked again that it is still that process and bears that cookie. Between check
   * and signal lie some microseconds: Node offers no pidfd, which alone could close that gap. False: not signalled.
   */
  signal(process: Process, cookie: string, signal: Signal): boolean;
  /**
   * Signals the group that `leader` leads or led. The caller has made sure that it is this run's. False: nobody is in
   * it.
   */
  signalGroup(leader: number, signal: Signal): boolean;
}

/** False when nobody is there, or somebody whom we may not signal and who is therefore not ours. */
export function trySignal(pid: number, signal: Signal): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    // ESRCH or EPERM, the only errors of kill(2) with a valid signal.
    return false;
  }
}
