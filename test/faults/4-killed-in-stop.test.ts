import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { livingDaemon } from './dying-daemon.ts';

/** Fault 4: the daemon is killed while it stops an agent, between any two steps of that. */

/** Neither it nor its child, in a session of its own, ends by TERM. */
const STUBBORN = `trap '' TERM; setsid sh -c 'while :; do sleep 0.1; done' & while :; do sleep 0.1; done`;

test.each([
  { point: 'stop:begin', lives: true },
  { point: 'stop:termed', lives: true },
  { point: 'stop:killed', lives: false },
  { point: 'stop:swept', lives: false },
] as const)(
  'a daemon that dies at $point of a stop leaves it to the next one, which ends all of it',
  async ({ point, lives }) => {
    const own = standInBox([]);
    const agent = { name: 'ada', mode: 'command', command: ['sh', '-c', STUBBORN], stop: { killTimeout: '300ms' } };
    own.write({ agents: [agent] });
    const daemon = await livingDaemon(own, { point, hit: 1 });
    await own.ok('start');
    const { pid } = await own.row('ada');
    // Who is killed has ended before it is known that nobody else is left: then the stop may have been answered already.
    await own
      .client()
      .call('stop', { targets: ['ada'] })
      .catch(() => undefined);
    await daemon.dead;
    const bearers = (): number[] => bearersUnder(join(own.home, 'agents/ada'));
    expect(bearers().includes(pid ?? 0)).toBe(lives);
    await livingDaemon(own);
    // Nobody asks it to.
    const ada = await own.until('ada', ({ state }) => state === 'stopped');
    expect(ada).toMatchObject({ desired: 'down', restarts: 0 });
    expect(bearers()).toEqual([]);
    const exits = (await own.client().call('history', { agent: 'ada' })).filter(({ event }) => event === 'exited');
    // Once, however many daemons have seen it; its shell may say what became of its own child.
    expect(exits).toMatchObject([{ cause: 'operator', detail: expect.stringMatching(/^exit code 137/) }]);
  },
);
