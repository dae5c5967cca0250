// What a daemon of the tests loads in the place of src/daemon/failpoint.ts: it writes down what it is at, and dies where it is told.
// It never reaches an agent: the condition stands in the arguments of the daemon, the variables are no agent's.
//
// AGENTVISOR_TEST_TRACE: a file that gets a line for each point.
// AGENTVISOR_TEST_DEATH: `POINT N`, or `POINT N KEPT` for a power cut: the journal loses what is not on the disk, but for that
// share of it (0 to 1).
import { appendFileSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const traceFile = process.env['AGENTVISOR_TEST_TRACE'];
const trace = traceFile === undefined ? null : openSync(traceFile, 'a', 0o600);
const [deadlyPoint, deadlyHit = '1', kept] = (process.env['AGENTVISOR_TEST_DEATH'] ?? '').split(' ');
const journal = join(process.env['AGENTVISOR_HOME'] ?? '', 'state', 'journal.ndjson');
let hits = 0;

/** Of the journal that stands there now: this much is on the disk, and this much will be when the sync is done. */
const safe = { file: 0, bytes: 0 };
const syncing = { file: 0, bytes: 0 };

const look = () => {
  const { ino = 0, size = 0 } = statSync(journal, { throwIfNoEntry: false }) ?? {};
  return { file: ino, bytes: size };
};
// What daemons before this one have written had its time to reach the disk.
Object.assign(safe, look());

/** @param {string} point @param {string} subject */
function followSyncs(point, subject) {
  if (point === 'journal:begin' && subject === 'sync') Object.assign(syncing, look());
  if (point === 'journal:synced') Object.assign(safe, syncing);
}

/**
 * Agents live on here. Half of a frame in the pipe of one would be gone with the power, so what is known of it stays.
 * @returns {number} behind the last line that says that a frame is being written
 */
function knownHalves() {
  const lines = readFileSync(journal, 'latin1');
  const at = lines.lastIndexOf('"type":"writing"');
  return at < 0 ? 0 : lines.indexOf('\n', at) + 1;
}

/** @param {number} share of what is not on the disk that is kept all the same */
function cutPower(share) {
  const now = look();
  const safeBytes = now.file === safe.file ? Math.min(safe.bytes, now.bytes) : 0;
  const left = Math.max(safeBytes + Math.floor((now.bytes - safeBytes) * share), knownHalves());
  truncateSync(journal, left);
  if (traceFile !== undefined) appendFileSync(traceFile, `lost ${now.bytes - left}\n`);
}

/** @param {string} point @param {string} subject */
export function reach(point, subject) {
  if (trace !== null) writeSync(trace, `${point} ${subject}\n`);
  followSyncs(point, subject);
  if (point !== deadlyPoint) return;
  hits += 1;
  if (hits !== Number(deadlyHit)) return;
  if (kept !== undefined) cutPower(Number(kept));
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: nothing more may happen.
  for (;;);
}
