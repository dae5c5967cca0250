/** The keeper's name in the list of processes. */
export const KEEPER_NAME = 'agentvisor-keeper';

/**
 * The loop that brings a crashed daemon back, in POSIX sh because a second Node process would cost forty megabytes for
 * waiting. Arguments: node, the daemon's program, its log, the rest mark, one option for node.
 *
 * - It ends when the daemon exits 0: asked to, or because another daemon owns the home.
 * - The first five restarts come at once and ten more after a second, so that a daemon killed again and again is back
 *   within two seconds each time; then it doubles to 30 s. Ten seconds of life are a sign of health and start the count anew.
 * - A keeper in its backoff outlives a daemon that somebody else started and ended; the rest mark tells it so.
 * - A home that was removed needs no daemon.
 * - The next daemon is told how the one before it has ended.
 * - The log is cut to its tail before a restart: a daemon that can never start must not fill the disk.
 */
export const KEEPER_SCRIPT = `
failures=0
delay=0
code=
while :; do
  began=$(date +%s)
  AGENTVISOR_DAEMON_ENDED="$code" "$1" $5 "$2" </dev/null
  code=$?
  [ "$code" -eq 0 ] && exit 0
  [ $(($(date +%s) - began)) -ge 10 ] && failures=0
  failures=$((failures + 1))
  if [ "$failures" -le 5 ]; then delay=0
  elif [ "$failures" -le 15 ]; then delay=1
  else delay=$((delay * 2)); fi
  [ "$delay" -gt 30 ] && delay=30
  if [ -f "$3" ] && [ ! -h "$3" ] && [ "$(wc -c <"$3")" -gt 1000000 ]; then
    tail=$(tail -c 100000 "$3")
    printf '%s\\n' "$tail" >"$3"
  fi
  echo "agentvisor keeper: the daemon ended with code $code; it is started again in $delay s"
  [ "$delay" -gt 0 ] && sleep "$delay"
  [ -e "$4" ] && exit 0
  [ -d "\${3%/*}" ] || exit 0
done
`;
