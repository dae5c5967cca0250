/**
 * Loaded into a daemon by `--import`: at each SIGWINCH it collects its garbage and writes into PROBE_FILE what it holds then.
 * Whoever looks from outside sees no timers, and memory only with all that is garbage already.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env['PROBE_FILE'] ?? '';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
let looks = 0;

process.on('SIGWINCH', () => {
  collect();
  looks += 1;
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const { rss, heapUsed, external } = process.memoryUsage();
  // The one that the folder is read with is not its own.
  const files = readdirSync('/proc/self/fd').length - 1;
  const seen = { looks, timers, files, rssBytes: rss, heapBytes: heapUsed + external };
  writeFileSync(`${file}.tmp`, JSON.stringify(seen));
  renameSync(`${file}.tmp`, file);
});
