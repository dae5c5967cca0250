import { expect, test } from 'vitest';
import { isReserved } from '../../src/config/reserved-args.ts';

test.each([
  [['--resume', 'x'], ['--resume']],
  [
    ['--resume=x', '--session-id=y'],
    ['--resume=x', '--session-id=y'],
  ],
  [
    ['-p', '-c', '-r', '-rx', '-dc'],
    ['-p', '-c', '-r', '-rx'],
  ],
  [
    ['--print', '--input-format', 'text', '--output-format=json'],
    ['--print', '--input-format', '--output-format=json'],
  ],
  [
    ['--continue', '--fork-session', '--resume-session-at', 'u'],
    ['--continue', '--fork-session', '--resume-session-at'],
  ],
  [
    ['--model', 'opus', '--'],
    ['--model', '--'],
  ],
  [
    ['--no-session-persistence', '--bg', '--tmux=classic'],
    ['--no-session-persistence', '--bg', '--tmux=classic'],
  ],
  [['--allowedTools', 'Bash(git *)', '--verbose', '-nreview', '-w', '--mcp-config', 'x.json', '-', 'p'], []],
])('of %j agentvisor owns %j', (args, reserved) => {
  expect(args.filter(isReserved)).toEqual(reserved);
});
