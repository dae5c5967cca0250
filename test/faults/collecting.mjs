/**
 * Loaded into a daemon by `NODE_OPTIONS=--import`: collects its garbage, all of it, when the file `collect` in FAULT_FOLDER is
 * there, and removes that. What is left is what the daemon holds.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const folder = process.env['FAULT_FOLDER'];

if (folder !== undefined && process.argv.some((word) => word.endsWith('main.js'))) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const asked = join(folder, 'collect');
  setInterval(() => {
    if (!existsSync(asked)) return;
    for (let round = 0; round < 3; round += 1) collect();
    rmSync(asked);
  }, 50).unref();
}
