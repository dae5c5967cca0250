// Writes numbered lines that are facts for agentvisor, as fast as asked, until it is told to end; then the last number.
// Arguments: bytes of padding at most · milliseconds between bursts · lines in a burst · 'split' to break lines in two writes
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [padding = '200', pauseMs = '1', burst = '20', how = 'whole', stream = '1'] = process.argv.slice(2);
const told = { toEnd: false };
process.on('SIGTERM', () => (told.toEnd = true));

/** @param {string} text */
function print(text) {
  const bytes = Buffer.from(text);
  const half = how === 'split' ? Math.floor(Math.random() * bytes.length) : bytes.length;
  for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
    for (let at = 0; at < part.length; at += writeSync(Number(stream), part, at));
  }
}

let n = 0;
while (!told.toEnd) {
  for (let line = 0; line < Number(burst); line += 1) {
    n += 1;
    const pad = 'x'.repeat(Math.floor(Math.random() * Number(padding)));
    print(`{"type":"result","subtype":"success","is_error":false,"total_cost_usd":${n},"pad":"${pad}"}\n`);
  }
  await sleep(Number(pauseMs));
}
print(`{"last":${n}}\n`);
