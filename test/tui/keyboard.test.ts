import { expect, test } from 'vitest';
import type { InkKey } from '../../src/tui/key.ts';
import { Keyboard } from '../../src/tui/keyboard.ts';
import type { Message } from '../../src/tui/model.ts';
import { update } from '../../src/tui/update.ts';
import { boardAgent, fleetOf, modelOf, NOW } from './models.ts';

const NONE: InkKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
};

const read = (input: string, key: Partial<InkKey> = {}): readonly Message[] =>
  new Keyboard().read(input, { ...NONE, ...key });
const keysOf = (messages: readonly Message[]): readonly string[] =>
  messages.flatMap((message) => (message.type === 'key' ? [message.key] : []));

test('what a terminal says by itself presses no key', () => {
  // The mouse, focus, a function key that nobody knows, the colour of the background, the name of the terminal.
  for (const report of [
    '[<0;3;4M',
    '[<0;3;4m',
    '[I',
    '[O',
    '[25~',
    '[1;2P',
    '11;rgb:0000/0000/0000',
    '11;rgb:0/0/0\u0007',
  ])
    expect(keysOf(read(report))).toEqual([]);
});

test('what is typed faster than it is read is all read', () => {
  expect(keysOf(read('jjk'))).toEqual(['j', 'j', 'k']);
  expect(keysOf(read('[['))).toEqual(['[', '[']);
  expect(keysOf(read(']]]'))).toEqual([']', ']', ']']);
});

test('a key right behind Escape, or with Alt, goes back and acts on nobody', () => {
  const fleet = fleetOf({ agents: [boardAgent({ name: 'ada' })] });
  const inAgent = update(modelOf({ fleet }), { type: 'key', key: 'enter' }, NOW).model;
  const [message] = read('x', { meta: true });
  const step = update(inAgent, message as Message, NOW);
  expect(step.effects).toEqual([]);
  expect(step.model.views.map(({ at }) => at)).toEqual(['fleet']);
});

test('and in a line that is typed it changes nothing', () => {
  const typing = update(modelOf(), { type: 'key', key: 'm' }, NOW).model;
  const [message] = read('b', { meta: true });
  expect(update(typing, message as Message, NOW).model.prompt).toEqual(typing.prompt);
});

test('Escape itself is Escape', () => {
  expect(keysOf(read('', { escape: true, meta: true }))).toEqual(['esc']);
});
