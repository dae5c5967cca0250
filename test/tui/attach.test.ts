import { expect, test } from 'vitest';
import { TOKEN } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { openShell } from './terminal.ts';

test('start --attach opens the fleet on a terminal; leaving it leaves the agents running', async () => {
  const fleet = standInBox(['ada', 'bob']);
  const shell = await openShell(fleet, { env: { TEST_TOKEN: TOKEN } });
  shell.type('agentvisor start --attach; echo "ended with $?"\r');
  await shell.until((text) => /^[> ] bob +\S+ running/m.test(text) && text.includes('daemon up'));
  expect(shell.modes().alternate).toBe(true);
  shell.type('q');
  const screen = await shell.until((text) => text.includes('ended with 0'));
  expect(screen).toContain('ada new');
  expect(screen).toContain('the agents keep running');
  expect((await fleet.rows()).map(({ state }) => state)).toEqual(['running', 'running']);
});

test('start --attach in a pipe prints what happens', async () => {
  const fleet = standInBox(['ada', 'bob']);
  const shell = await openShell(fleet, { env: { TEST_TOKEN: TOKEN } });
  shell.type('agentvisor start --attach | cat\r');
  await shell.until((text) => text.includes('Ctrl-C ends this'));
  await fleet.ok('send', 'ada', 'hello', '--wait');
  await fleet.ok('restart', 'ada');
  await shell.until((text) => /ada +#\d+ +ready/.test(text));
  expect(shell.modes().alternate).toBe(false);
  shell.type('\u0003');
});
