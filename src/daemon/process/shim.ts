/**
 * The POSIX `sh` program that holds one agent: it waits in the foreground and leaves the exit code on
 * disk, whether or not a daemon lives. It is passed as text (`sh -c`), so an upgrade never changes a
 * shim that already runs. Measured under dash 0.5.12 and bash 5 (also as `bash --posix`): 1.7 MB resident
 * under dash, of which 0.1 MB is its own; 3.1 MB under bash.
 *
 * What the two texts rely on, each checked by a test:
 * - Traps are `:`. A caught signal is default again after exec; an ignored one (`trap ''`) would stay ignored.
 * - The agent runs in the foreground: a background job of `sh` gets /dev/null as stdin.
 * - `(exec … <>FIFO)` and not a plain redirection: dash applies the redirections of a simple command to
 *   itself while it waits, and would hold the FIFO and write "Terminated" into the agent's stderr.
 * - `<>` opens for reading and writing, so the agent never sees end-of-file and the open never blocks.
 * - The notes are written by `printf` with a redirection, both built in: no fork, so they succeed when a
 *   fork bomb has eaten every process, and a sweep finds no helper of the shim to kill. One write of
 *   a dozen bytes to a new file is seen whole or not at all; readers take a note only with its LF.
 * - The pause of a full disk is a process after all; it bears no cookie, or a sweep would kill one after the other.
 * - Arguments stay positional: a variable that the environment exports under the same name would
 *   otherwise be changed for the agent too.
 */

/** $0 run folder · $1 the agent's stdin · $2 AGENT_TEXT · $3 umask · then the agent's argv. */
const SHIM_TEXT = `case $1 in
/dev/null) ;;
*) until [ -p "$1" ] || command -p mkfifo -m 600 "$1"; do [ -d "$0" ] || exit 125; command -p sleep 1; done ;;
esac
trap : HUP INT QUIT ALRM TERM USR1 USR2
exec 3>&2 2>/dev/null
(exec /bin/sh -c "$2" "$0" "$@" <>"$1" 2>&3 3>&-)
set -- "$?"
umask 077
unset AGENTVISOR_RUN
until printf '{"code":%s}\\n' "$1" >"$0/exit.json"; do [ -d "$0" ] || break; command -p sleep 1; done
exit "$1"`;

/**
 * Becomes the agent, so its own pid is the agent's. The notes of a shell (PWD, SHLVL) are taken out of
 * the environment again; bash 5 leaves `SHLVL=0`. What the kernel spares when memory is short are the daemon (by its unit) and
 * the shim, not the agent, whose score may always be raised to 0; it passes through a variable that goes anyway.
 */
const AGENT_TEXT = `umask 077
until printf '{"pid":%s}\\n' "$$" >"$0/live.json"; do [ -d "$0" ] || exit 125; command -p sleep 1; done
umask "$3"
shift 3
if read -r OLDPWD </proc/$$/oom_score_adj && [ "$OLDPWD" -lt 0 ]; then printf 0 >/proc/$$/oom_score_adj; fi 2>/dev/null
unset PWD OLDPWD SHLVL
exec "$@"`;

export const SHELL = '/bin/sh';

export type ShimPlan = {
  readonly runDir: string;
  /** A path of a FIFO, which the shim makes if it is not there, or /dev/null. */
  readonly stdin: string;
  readonly umask: number;
  readonly argv: readonly string[];
};

export function shimArguments(plan: ShimPlan): string[] {
  const umask = plan.umask.toString(8).padStart(4, '0');
  return ['-c', SHIM_TEXT, plan.runDir, plan.stdin, AGENT_TEXT, umask, ...plan.argv];
}
