import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTimeOf } from '../../src/home/process-identity.ts';
import { readStat } from '../../src/home/proc-stat.ts';
import { bearersUnder, box } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Fault 8: the state names a process that is somebody else's by now. */

test('a process that bears the recorded pid and start time of a dead agent, but not its mark, is neither adopted nor signalled', async () => {
  const own = box();
  own.write({ agents: [{ name: 'ada', mode: 'command', command: ['sleep', '1000'], cwd: './ada' }] });
  const daemon = await foregroundDaemon(own);
  await own.ok('start');
  await own.ok('save');
  const before = await own.row('ada');
  await daemon.killed();
  const shim = bearersUnder(join(own.home, 'agents/ada')).find((pid) => pid !== before.pid) ?? 0;
  const start = startTimeOf(shim) ?? '';
  for (const pid of bearersUnder(join(own.home, 'agents/ada'))) process.kill(pid, 'SIGKILL');
  await expect.poll(() => bearersUnder(join(own.home, 'agents/ada')), { timeout: 10_000 }).toEqual([]);

  const stranger = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  const pid = stranger.pid ?? 0;
  let changes = 0;
  for (const name of ['journal.ndjson', 'snapshot.json']) {
    const file = join(own.home, 'state', name);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const foreign = text
      .replace(new RegExp(`("(?:shimPid|pid)":)${shim}\\b`, 'g'), `$1${pid}`)
      .replace(new RegExp(`("(?:shimStart|start)":)"${start}"`, 'g'), `$1"${startTimeOf(pid)}"`);
    changes += foreign === text ? 0 : 1;
    writeFileSync(file, foreign);
  }
  expect(changes).toBeGreaterThan(0);

  await foregroundDaemon(own);
  const ada = await own.until('ada', ({ state, restarts }) => state === 'running' && restarts === 1);
  expect(ada.adopted).toBe(false);
  expect(ada.pid).not.toBe(before.pid);
  expect((await own.event(({ event }) => event === 'exited')).detail).toBe('nobody recorded the exit code');
  await expectsPassRule(own);
  await own.ok('stop', 'ada');
  // It sleeps: it was not stopped either.
  expect(readStat(pid)?.state).toBe('S');
}, 60_000);
