import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classifyExit } from '../../src/claude/exit.ts';
import { failureOf } from '../../src/claude/failure.ts';
import { statedStatus } from '../../src/claude/texts.ts';
import { CAUSE_OF } from '../../src/kernel/causes.ts';
import { readPage, ROOT } from './pages.ts';

/** First and second cells of the table below a heading, as they are meant. */
function rowsBelow(heading: string): readonly (readonly [string, string])[] {
  const section = readPage('docs/troubleshooting.md').text.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, first = '', second = ''] = line
        .split(' | ')
        .flatMap((cell, at) => (at === 0 ? ['', cell.slice(2)] : [cell]));
      return [first.slice(1, -1).replaceAll(String.raw`\``, '`'), second] as const;
    });
}

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'))
  .join('\n')
  .replaceAll(/\$\{[^}]*\}/g, '\0')
  .replaceAll(String.raw`\``, '`');

const said = rowsBelow('What agentvisor says');

test.each(said)('agentvisor says: %s', (message) => {
  const parts = message.split('…').map((part) => part.trim());
  expect(parts.filter((part) => !sources.includes(part))).toEqual([]);
});

test('there are messages in the page, and one that nobody says is noticed', () => {
  expect(said.length).toBeGreaterThan(25);
  expect(sources.includes('Nobody ever says this.')).toBe(false);
});

describe('what Claude Code says has the cause that the page names', () => {
  const rows = rowsBelow('What Claude Code says');
  const failures = rows.filter(([, cause]) => cause.startsWith('`'));
  test.each(failures)('%s', (text, cause) => {
    const line = { status: statedStatus(text), error: errorOf(cause), detail: null, text, requestId: null };
    const { kind } = failureOf({ ...line, quota: null, isTransient: false });
    expect(`\`${CAUSE_OF[kind]}\``).toBe(cause);
  });

  const ends = rows.filter(([, cause]) => !cause.startsWith('`'));
  test.each(ends)('its end: %s', (text) => expect(classifyExit(text.replace('…', 'x'))).not.toBeNull());

  test('there are some of both', () => expect([failures.length > 10, ends.length]).toEqual([true, 4]));
});

/** The field that stands beside the text on a recorded line. */
const errorOf = (cause: string): string => (cause === '`capped`' ? 'rate_limit' : 'authentication_failed');
