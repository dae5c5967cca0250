import { expect, test } from 'vitest';
import { classifyExit } from '../../src/claude/exit.ts';

const S = '6bd24d46-dc40-40ed-8d3a-9da21c6cd465';

/** What both versions printed, word for word; where they differ, both. */
test.each([
  [`No conversation found with session ID: ${S}\n`, 'session-missing'],
  [
    `Error: --resume requires a valid session ID or session title when used with --print. Usage: claude -p --resume <session-id|title>. Provided value "x" is not a UUID and does not match any session title.\n`,
    'session-missing',
  ],
  [`No message found with message.uuid of: ${S}\n`, 'anchor-missing'],
  [`Error: Session ID ${S} is already in use.\n`, 'session-in-use'],
  [
    `Error parsing streaming input line: {"type":"user","mess{"type":"user"}: SyntaxError: JSON Parse error: Expected ':' before value in object property definition\n`,
    'input-broken',
  ],
  ['Error parsing streaming input line (type=user, 35 chars): SyntaxError\n', 'input-broken'],
  [`a warning\nError: Session ID ${S} is already in use.\nmore\n`, 'session-in-use'],
])('%j means %s', (stderr, hint) => {
  expect(classifyExit(stderr)).toBe(hint);
});

test.each([
  '',
  'Error: something else\n',
  `the tool said: No conversation found with session ID: ${S}\n`,
  'Error: OAuth callback port 1234 is already in use\n',
  'I saw "Error parsing streaming input line" once\n',
])('%j means nothing', (stderr) => {
  expect(classifyExit(stderr)).toBeNull();
});
