#!/bin/sh
# guard.sh CHECK PROGRAM [ARGUMENT…]
# Runs PROGRAM and, every second, the shell command CHECK. When CHECK has failed three times in a row, PROGRAM is ended
# and so is this script, with 1: agentvisor sees a crash and starts both again.
set -u
check=$1
shift
"$@" &
program=$!
failed=0
while kill -0 "$program" 2>/dev/null; do
  sleep 1
  if sh -c "$check"; then failed=0; else failed=$((failed + 1)); fi
  if [ "$failed" -ge 3 ]; then
    echo "guard: the check failed three times: $check" >&2
    kill -KILL "$program"
    exit 1
  fi
done
# Its own end is passed on.
wait "$program"
