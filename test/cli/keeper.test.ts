import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KEEPER_SCRIPT } from '../../src/cli/keeper.ts';
import { temporaryFolder } from './folder.ts';

/** A keeper over a daemon written in sh; `date` and `sleep` are stand-ins that only note that they were called. */
function keep(daemon: string, { date = 'echo 0', sleep = '', log = '', option = '' } = {}) {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const note = (name: string): readonly string[] =>
    existsSync(path(name)) ? readFileSync(path(name), 'utf8').trim().split('\n') : [];
  mkdirSync(path('bin'));
  writeFileSync(path('bin/date'), `#!/bin/sh\ncd ${folder}; ${date}\n`, { mode: 0o755 });
  writeFileSync(path('bin/sleep'), `#!/bin/sh\ncd ${folder}; echo "$1" >>sleeps; ${sleep}\n`, { mode: 0o755 });
  writeFileSync(path('daemon'), `cd ${folder}; echo start >>starts; starts=$(wc -l <starts); ${daemon}\n`);
  writeFileSync(path('log'), log);
  const keeper = spawnSync(
    '/bin/sh',
    ['-c', KEEPER_SCRIPT, 'keeper', '/bin/sh', path('daemon'), path('log'), path('rest'), option],
    {
      env: { PATH: `${path('bin')}:${process.env['PATH']}` },
      input: 'what an agent or a terminal might say\n',
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  return {
    ...keeper,
    starts: note('starts').length,
    sleeps: note('sleeps'),
    note,
    logBytes: statSync(path('log')).size,
  };
}

test('a daemon that exits 0 is not started again', () => {
  expect(keep('exit 0')).toMatchObject({ status: 0, starts: 1, sleeps: [], stdout: '' });
});

test('a daemon that crashes or is killed is started again at once, the first five times', () => {
  const keeper = keep('case $starts in 1) exit 1;; 3) kill -TERM $$;; 6) exit 0;; esac; kill -9 $$');
  expect(keeper).toMatchObject({ status: 0, starts: 6, sleeps: [] });
  expect(keeper.stdout.trim().split('\n')).toEqual(
    [1, 137, 143, 137, 137].map(
      (code) => `agentvisor keeper: the daemon ended with code ${code}; it is started again in 0 s`,
    ),
  );
});

test('a daemon that goes on crashing is started after one second ten times, then it doubles, up to thirty', () => {
  const seconds = Array.from({ length: 10 }, () => '1');
  expect(keep('[ $starts -ge 22 ] && exit 0; exit 1').sleeps).toEqual([...seconds, '2', '4', '8', '16', '30', '30']);
});

test('ten seconds of life are a sign of health: the next restart comes at once', () => {
  const tenSecondsForEachLook = 'echo look >>looks; echo $(($(wc -l <looks) * 10))';
  expect(keep('[ $starts -ge 9 ] && exit 0; exit 1', { date: tenSecondsForEachLook })).toMatchObject({
    starts: 9,
    sleeps: [],
  });
});

test('a daemon is told how the one before it has ended, and the first one that there was none', () => {
  const keeper = keep('echo "after $AGENTVISOR_DAEMON_ENDED" >>told; [ $starts -ge 3 ] && exit 0; exit 7');
  expect(keeper.note('told')).toEqual(['after ', 'after 7', 'after 7']);
});

test('a keeper that finds the rest mark after its wait ends without starting another', () => {
  expect(keep('exit 1', { sleep: 'touch rest' })).toMatchObject({ status: 0, starts: 6, sleeps: ['1'] });
});

test('the daemon is started with the option that the keeper was given', () => {
  const keeper = keep('echo "$-" >>flags; exit 0', { option: '-u' });
  expect(keeper.note('flags').join('')).toContain('u');
});

test('the daemon reads nothing of what the keeper was given', () => {
  expect(keep('cat >input; exit 0').note('input')).toEqual(['']);
});

test('the log of a daemon that never starts is cut to its tail, so that it cannot fill the disk', () => {
  const log = `${'old line\n'.repeat(200_000)}last words\n`;
  const { logBytes } = keep('[ $starts -ge 2 ] && exit 0; exit 1', { log });
  expect(log.length).toBeGreaterThan(1_000_000);
  expect(logBytes).toBeLessThan(110_000);
});
