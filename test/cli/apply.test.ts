import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';
import { asked, daemonThatSays, result } from './scripted-daemon.ts';

const ECOSYSTEM = {
  credentials: { max: { type: 'oauth-token', from: { env: 'MY_TOKEN' } } },
  agents: [{ name: 'a', mode: 'command', command: ['sleep', '1'], env: { SHELL_WORD: 'said-in-the-file' } }],
};

function file(folder: string, ecosystem: object = ECOSYSTEM): string {
  const path = join(folder, 'agents.json');
  writeFileSync(path, JSON.stringify(ecosystem));
  return path;
}

describe('apply FILE', () => {
  test.each([
    [[], false],
    [['--prune'], true],
  ])('hands the file over as start does, with %j', async (options, prune) => {
    const { home, run, daemon } = await daemonThatSays({
      apply: [result('a', true, { change: 'changed' }), result('b', true, { change: 'removed' })],
    });
    const path = file(home);
    const { code, stdout } = await run(['apply', path, ...options], { env: { MY_TOKEN: 'token' } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a changed\nb removed\n' });
    expect(asked(daemon)).toMatchObject({
      method: 'apply',
      params: { file: path, agents: [{ name: 'a' }], secrets: { MY_TOKEN: 'token' }, prune },
    });
  });

  test('ends with 5 when one of the agents failed', async () => {
    const { home, run } = await daemonThatSays({ apply: [result('a', true), result('b', false)] });
    expect((await run(['apply', file(home)])).code).toBe(5);
  });

  test.each([[[]], [['--dry-run']]])(
    'with mistakes tells them all and asks the daemon nothing: %j',
    async (options) => {
      const { home, run, daemon } = await daemonThatSays({});
      const path = file(home, { agents: [{ name: 'a', mode: 'strem' }, { nam: 'b' }] });
      const { code, stdout, stderr } = await run(['apply', path, ...options]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('agents[0].mode');
      expect(stderr).toContain('agents[1]');
      expect(daemon.requests).toEqual([]);
    },
  );
});

describe('apply FILE --dry-run', () => {
  const planned = [
    result('a', true, { change: 'changed', detail: 'claude.model, env (values are not shown)' }),
    result('b', true, { change: 'kept', detail: 'it stands no longer in the file; --prune removes it' }),
  ];

  test('asks for a plan, hands over no secret, and prints what would happen to each agent', async () => {
    const { home, run, daemon } = await daemonThatSays({ plan: planned });
    const env = { MY_TOKEN: 'very-secret-token' };
    expect(await run(['apply', file(home), '--dry-run', '--prune'], { env })).toEqual({
      code: 0,
      stdout:
        'a changed (claude.model, env (values are not shown))\n' +
        'b kept (it stands no longer in the file; --prune removes it)\n',
      stderr: 'agentvisor: nothing was changed\n',
    });
    expect(asked(daemon)).toMatchObject({ method: 'plan', params: { agents: [{ name: 'a' }], prune: true } });
    expect(JSON.stringify(daemon.requests)).not.toContain('very-secret-token');
  });

  test('with --json prints the array and nothing else', async () => {
    const { home, run } = await daemonThatSays({ plan: planned });
    const { code, stdout, stderr } = await run(['apply', file(home), '--dry-run', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(planned);
  });

  test('without a daemon plans from the files, ends with 0 and makes nothing', async () => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    expect(await runCli(['apply', file(folder), '--dry-run'], { home })).toEqual({
      code: 0,
      stdout: 'a new\n',
      stderr: 'agentvisor: nothing was changed\n',
    });
    expect(existsSync(home)).toBe(false);
  });
});
