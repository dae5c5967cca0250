import { expect, test } from 'vitest';
import { agentArgv } from '../../src/claude/argv.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';

const spec = (claude: Partial<AgentSpec['claude']> = {}): AgentSpec =>
  ({
    name: 'a',
    claude: { bin: '/bin/claude', model: null, args: [], resume: true, ...claude },
  }) as unknown as AgentSpec;

const STREAM = '-p --input-format stream-json --output-format stream-json --verbose --replay-user-messages';

test('a new conversation gets its id from us', () => {
  expect(agentArgv(spec(), { kind: 'new', id: 'S' }).join(' ')).toBe(`/bin/claude ${STREAM} --session-id S`);
});

const flags = (at: string | null, newId: string | null): string =>
  agentArgv(spec(), { kind: 'resume', id: 'S', at, fork: newId === null ? null : { newId } })
    .join(' ')
    .replace(`/bin/claude ${STREAM} `, '');

test('a conversation is resumed whole, at a message, or as a copy under an id of ours', () => {
  expect(flags(null, null)).toBe('--resume S');
  expect(flags('U', null)).toBe('--resume S --resume-session-at U');
  expect(flags(null, 'N')).toBe('--resume S --fork-session --session-id N');
  expect(flags('U', 'N')).toBe('--resume S --resume-session-at U --fork-session --session-id N');
});

test('the operator’s arguments come last and unchanged', () => {
  const argv = agentArgv(spec({ model: 'opus', args: ['--allowedTools', 'Bash(git *)'] }), { kind: 'new', id: 'S' });
  expect(argv.slice(-6)).toEqual(['--session-id', 'S', '--model', 'opus', '--allowedTools', 'Bash(git *)']);
});
