import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';
import { monitsOf } from './processes.ts';
import { openTmux, PROMPT, SCREEN_MS_MAX, tmuxIsMissing, type Tmux } from './terminal.ts';

const rowOf = (screen: string, name: string): string =>
  screen.split('\n').find((line) => new RegExp(`^[> ] ${name} +\\S`).test(line)) ?? '';

async function openFleet(tmux: Tmux): Promise<void> {
  await tmux.type('agentvisor monit; echo "ended with $?"');
  await tmux.press('Enter');
  await tmux.until((screen) => rowOf(screen, 'bob').includes('running'));
}

const clockOf = (screen: string): string => /\d\d:\d\d:\d\d/.exec(screen)?.[0] ?? '';

/** The screen without its clock and its counting ages. */
const still = (screen: string): string =>
  screen
    .replaceAll(/\d\d:\d\d(:\d\d)?/g, '')
    .replaceAll(/ +\d+%? ?[smhM]?(?= )/g, ' ')
    .replaceAll(/ +/g, ' ');

async function openFresh(fleet: StandInBox, columns: number, rows: number, isThere: RegExp): Promise<Tmux> {
  const other = await openTmux(fleet, { columns, rows });
  await other.type('agentvisor monit');
  await other.press('Enter');
  await other.until((screen) => isThere.test(screen));
  return other;
}

describe.skipIf(tmuxIsMissing())('in tmux', { timeout: 90_000 }, () => {
  test('an agent is seen going wedged, quiet, verifying and healthy', async () => {
    // It clings to its process, so that there is time to see it.
    const script = {
      faults: [
        { when: { process: 1 }, do: { ignoreTerm: true } },
        { when: { contains: 'work', untilFile: 'open' }, do: { api: '401' as const } },
        { when: { process: { from: 3 } }, do: { delayMs: 800 } },
      ],
    };
    const quiet = { min: '5s', max: '5s', jitter: 0 };
    const fleet = standInBox(['ada', 'bob'], script, { auth: { quiet }, stop: { killTimeout: '1500ms' } });
    await fleet.ok('start');
    for (const name of ['ada', 'bob']) await fleet.ok('send', name, 'hello', '--wait');
    const tmux = await openTmux(fleet, { columns: 160 });
    await openFleet(tmux);
    await tmux.until((screen) => rowOf(screen, 'ada').includes('healthy'));
    await tmux.type('m');
    await tmux.until((screen) => screen.includes('to ada:'));
    await tmux.type('work');
    await tmux.record(join(fleet.dir, 'written'));
    await tmux.press('Enter');
    const quietScreen = await tmux.until((screen) => / quiet .* try 0:0\d/.test(rowOf(screen, 'ada')), 'ada quiet');
    expect(quietScreen).toContain('1 open incident: auth-');
    expect(quietScreen).toContain('nothing for you to do');
    writeFileSync(join(fleet.dir, 'open'), '');
    await tmux.until((screen) => rowOf(screen, 'ada').includes('healthy') && screen.includes('no open incident'));
    // tmux hands over what was written a little later than it shows it.
    const healthsSeen = (): string => {
      const written = stripVTControlCharacters(readFileSync(join(fleet.dir, 'written'), 'utf8'));
      const all = [...written.matchAll(/> ada .*? (healthy|wedged|quiet|verifying) /g)].map(([, health]) => health);
      return all.filter((health, index) => health !== all[index - 1]).join(' ');
    };
    await expect.poll(healthsSeen, { timeout: 10_000 }).toMatch(/wedged .*quiet .*verifying healthy$/);
    expect(rowOf(await tmux.screen(), 'bob')).not.toMatch(/auth-/);
  });

  test('an agent is restarted by a key, and the terminal is as it was when one quits', async () => {
    const fleet = standInBox(['ada', 'bob']);
    await fleet.ok('start');
    const before = await fleet.row('ada');
    const tmux = await openTmux(fleet);
    await tmux.type('for n in $(seq 100); do echo "line $n before"; done; stty -a | tail -n +2 > before');
    await tmux.press('Enter');
    await tmux.until((screen) => screen.includes('line 100 before'));
    const modes = '#{alternate_on} #{cursor_flag} #{wrap_flag} #{keypad_flag} #{mouse_any_flag}';
    const modesBefore = await tmux.told(modes);
    const titleBefore = await tmux.told('#{pane_title}');
    await openFleet(tmux);
    expect(await tmux.told(modes)).toBe('1 0 0 0 0');
    // What is as wide as the terminal is painted to its last column.
    await tmux.until((text) => text.split('\n').includes('─'.repeat(120)));
    await tmux.press('r');
    await tmux.until((screen) => screen.includes('ada restarted') && rowOf(screen, 'ada').includes('1 operator'));
    expect((await fleet.row('ada')).pid).not.toBe(before.pid);
    // Two of its clock's seconds later every line still stands once, in its place.
    for (let change = 0; change < 2; change += 1) {
      const seen = clockOf(await tmux.screen());
      await tmux.until((screen) => clockOf(screen) !== seen);
    }
    const lines = (await tmux.screen()).split('\n');
    expect(lines[0]).toMatch(/^ agentvisor \d/);
    expect(lines.filter((line) => line.includes('daemon up'))).toHaveLength(1);
    await tmux.resize(100, 20);
    await tmux.until((screen) => screen.split('\n').length <= 21 && rowOf(screen, 'ada') !== '');
    await tmux.resize(120, 30);
    await tmux.until((screen) => screen.split('\n').length >= 30 && rowOf(screen, 'ada') !== '');
    await tmux.press('q');
    const screen = await tmux.until((text) => text.includes('ended with 0'));
    expect(screen).toContain('the agents keep running');
    expect(screen).not.toContain('agentvisor 0.');
    expect(await tmux.history()).toContain('line 1 before\nline 2 before\n');
    await tmux.type('stty -a | tail -n +2 > after; cmp before after && echo "the same"');
    await tmux.press('Enter');
    await tmux.until((text) => /^the same$/m.test(text));
    expect([await tmux.told(modes), await tmux.told('#{pane_title}')]).toEqual([modesBefore, titleBefore]);
    expect((await fleet.rows()).map(({ state }) => state)).toEqual(['running', 'running']);
  });

  test('what is shown after the window became smaller and larger is what a fresh one shows', async () => {
    const fleet = standInBox(['ada', 'bob', 'cleo', 'dan'], {}, { cwd: '.' });
    await fleet.ok('start');
    const tmux = await openTmux(fleet);
    await openFleet(tmux);
    const sizes = [
      [60, 12, /ada/],
      [200, 50, /ada/],
      [40, 8, /too small/],
      [120, 30, /ada/],
    ] as const;
    // The first look at a process knows no share of a processor yet: a fresh screen would have a column less.
    await tmux.until((screen) => screen.includes('CPU'));
    for (const [columns, rows, isThere] of sizes) {
      await tmux.resize(columns, rows);
      const fresh = await openFresh(fleet, columns, rows, isThere);
      // Either may be looked at in the middle of a frame.
      await expect
        .poll(async () => still(await tmux.screen()) === still(await fresh.screen()), { timeout: SCREEN_MS_MAX })
        .toBe(true)
        .catch(async () => expect(still(await tmux.screen()), `${columns}x${rows}`).toBe(still(await fresh.screen())));
      await fresh.close();
    }
    await tmux.press('q');
    await tmux.until((screen) => screen.includes('ended with 0'));
  });

  test('a daemon that is killed is shown as away, and when it is back a key works again', async () => {
    const fleet = standInBox(['ada', 'bob']);
    await fleet.ok('start');
    const tmux = await openTmux(fleet);
    await openFleet(tmux);
    process.kill(fleet.daemonPid(), 'SIGKILL');
    await tmux.until((screen) => screen.includes('DAEMON AWAY'));
    await tmux.until((screen) => screen.includes('The daemon is back.') && screen.includes('daemon up'));
    await tmux.press('r');
    await tmux.until((screen) => screen.includes('ada restarted'));
    await tmux.press('q');
    await tmux.until((screen) => screen.includes('ended with 0'));
  });

  test('a window that is closed leaves no process behind, and the agents run on', async () => {
    const fleet = standInBox(['ada', 'bob']);
    await fleet.ok('start');
    const tmux = await openTmux(fleet);
    await openFleet(tmux);
    expect(monitsOf(fleet.home)).toHaveLength(1);
    await tmux.close();
    await expect.poll(() => monitsOf(fleet.home), { timeout: 10_000 }).toEqual([]);
    expect((await fleet.rows()).map(({ state }) => state)).toEqual(['running', 'running']);
  });

  test('Ctrl-Z gives the shell its screen, and fg brings the fleet back', async () => {
    const fleet = standInBox(['ada', 'bob']);
    await fleet.ok('start');
    const tmux = await openTmux(fleet);
    await tmux.type('agentvisor monit');
    await tmux.press('Enter');
    await tmux.until((screen) => rowOf(screen, 'bob') !== '');
    await tmux.press('C-z');
    const shell = await tmux.until((screen) => /Stopped/.test(screen) && screen.trimEnd().endsWith(PROMPT));
    expect(shell).not.toContain('daemon up');
    expect(await tmux.told('#{alternate_on} #{cursor_flag} #{wrap_flag}')).toBe('0 1 1');
    await tmux.resize(100, 24);
    await tmux.type('fg');
    await tmux.press('Enter');
    await tmux.until((screen) => rowOf(screen, 'bob') !== '');
    await tmux.press('j');
    await tmux.until((screen) => rowOf(screen, 'bob').startsWith('>'));
    await tmux.press('q');
    await tmux.until((screen) => screen.includes('the agents keep running'));
  });
});
