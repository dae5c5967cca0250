/**
 * Loaded into a daemon by `NODE_OPTIONS=--import`: makes it crash, for real, as often as the file `crash` in FAULT_FOLDER
 * says, each time counting it down; the file `oom` makes it run out of memory, once.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['FAULT_FOLDER'];
const POLL_MS = 20;

/** Before that it is nobody yet. */
function ownsHome() {
  const file = join(process.env['AGENTVISOR_HOME'] ?? '', 'daemon.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).pid === process.pid;
}

if (folder !== undefined && process.argv[1]?.endsWith('daemon/main.js') === true) {
  setInterval(() => {
    if (!ownsHome()) return;
    const crash = join(folder, 'crash');
    const left = existsSync(crash) ? Number(readFileSync(crash, 'utf8')) : 0;
    if (left > 0) {
      writeFileSync(crash, String(left - 1));
      throw new Error(`made for the test with sk-ant-oat01-${'t0ken'.repeat(19)}`);
    }
    const oom = join(folder, 'oom');
    if (!existsSync(oom)) return;
    rmSync(oom);
    const held = [];
    for (;;) held.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  }, POLL_MS).unref();
}
