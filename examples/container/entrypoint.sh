#!/bin/sh
# entrypoint.sh FILE: a daemon in the foreground, and the agents of FILE. TERM ends the agents, then the daemon.
set -u
file=$1
agentvisor daemon run --with-agents &
daemon=$!
trap 'kill -TERM "$daemon" 2>/dev/null' TERM INT

until agentvisor ping >/dev/null 2>&1; do
  kill -0 "$daemon" 2>/dev/null || exit 1
  sleep 0.1
done
agentvisor start "$file"
code=$?
# A file that is wrong ends the container; an agent that cannot start is tried again and told of.
[ "$code" -eq 2 ] && kill -TERM "$daemon"

# A signal interrupts a wait, so the daemon is waited for until it is gone.
ended=0
while kill -0 "$daemon" 2>/dev/null; do
  wait "$daemon"
  ended=$?
done
[ "$code" -eq 2 ] && exit 2
exit "$ended"
