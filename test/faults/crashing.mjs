/**
 * Loaded into a daemon by `NODE_OPTIONS=--import`: makes it crash, for real, as often as the file `crash` in FAULT_FOLDER
 * says, each time counting it down, with the words of `crash-words` where that is; the file `oom` makes it run out of memory, once; as long as `leak` is there it has lost
 * all descriptors that were free when that began, as long as `leak-on` is there each one that becomes free, too.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['FAULT_FOLDER'];
const POLL_MS = 20;
const TOKEN = `sk-ant-oat01-${'t0ken'.repeat(19)}`;

/** @type {number[]} */
const leaked = [];

/** @param {string} place */
function leak(place) {
  const goesOn = existsSync(join(place, 'leak-on'));
  if (!goesOn && !existsSync(join(place, 'leak'))) for (const fd of leaked.splice(0)) closeSync(fd);
  else if (goesOn || leaked.length === 0) takeAll();
}

function takeAll() {
  try {
    for (;;) leaked.push(openSync('/dev/null', 'r'));
  } catch {
    // EMFILE: that is the aim.
  }
}

let isOwner = false;

/** Before that it is nobody yet. Looked up once only: who leaks all descriptors cannot read a file any more. */
function ownsHome() {
  const file = join(process.env['AGENTVISOR_HOME'] ?? '', 'daemon.json');
  isOwner ||= existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).pid === process.pid;
  return isOwner;
}

if (folder !== undefined && process.argv[1]?.endsWith('daemon/main.js') === true) {
  setInterval(() => {
    if (!ownsHome()) return;
    leak(folder);
    const crash = join(folder, 'crash');
    const left = existsSync(crash) ? Number(readFileSync(crash, 'utf8')) : 0;
    if (left > 0) {
      writeFileSync(crash, String(left - 1));
      const words = join(folder, 'crash-words');
      throw new Error(existsSync(words) ? readFileSync(words, 'utf8') : `made for the test with ${TOKEN}`);
    }
    const oom = join(folder, 'oom');
    if (!existsSync(oom)) return;
    rmSync(oom);
    const held = [];
    for (;;) held.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  }, POLL_MS).unref();
}
