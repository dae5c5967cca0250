import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearersUnder, box, type Box } from '../box.ts';

const sleeper = (name: string, change: Record<string, unknown> = {}) => ({
  name,
  mode: 'command',
  command: ['sleep', '3600'],
  ...change,
});

/** Who runs in which process, by the rows that nothing but the daemon writes. */
const processes = async (own: Box) =>
  (await own.rows()).map(({ name, pid, run, state, desired }) => ({ name, pid, run, state, desired }));

const journal = (own: Box): string => readFileSync(join(own.home, 'state/journal.ndjson'), 'utf8');

test('apply --dry-run tells what would happen to each agent and changes nothing, with a daemon and without', async () => {
  const own = box();
  const file = own.write({
    agents: [sleeper('same'), sleeper('changed', { env: { WORD: 'old-word' } }), sleeper('gone'), sleeper('down')],
  });
  await own.ok('apply', file);
  await own.ok('stop', 'down');
  own.write({
    agents: [
      sleeper('same'),
      sleeper('changed', { env: { WORD: 'new-word' }, namespace: 'night' }),
      sleeper('down'),
      sleeper('new'),
      sleeper('off', { enabled: false }),
    ],
  });
  const before = await processes(own);
  const written = journal(own);
  const plan = await own.ok('apply', file, '--dry-run', '--prune');
  expect(plan.split('\n')).toEqual([
    'same same',
    'changed changed (namespace, env (values are not shown); it is restarted)',
    'down same (it is down and is started)',
    'new new',
    'off disabled (it is declared with enabled: false)',
    'gone removed (it stands no longer in the file)',
    '',
  ]);
  expect(await own.ok('apply', file, '--dry-run')).toContain('gone kept (');
  expect(await processes(own)).toEqual(before);
  expect(journal(own)).toBe(written);

  await own.ok('daemon', 'stop');
  expect(await own.av('apply', file, '--dry-run', '--prune')).toEqual({
    code: 0,
    stdout: plan,
    stderr: 'agentvisor: nothing was changed\n',
  });
  expect((await own.av('ping')).code).toBe(3);
  expect(await processes(own)).toEqual(before);
});

test('what a dry run told is what apply does', async () => {
  const own = box();
  const file = own.write({ agents: [sleeper('ada'), sleeper('bob')] });
  await own.ok('apply', file);
  own.write({ agents: [sleeper('ada', { namespace: 'night' }), sleeper('cyd')] });
  const changes = async (...options: string[]): Promise<unknown> =>
    (
      JSON.parse(await own.ok('apply', file, '--prune', '--json', ...options)) as { name: string; change: string }[]
    ).map(({ name, change }) => [name, change]);
  const planned = await changes('--dry-run');
  expect(planned).toEqual([
    ['ada', 'changed'],
    ['cyd', 'new'],
    ['bob', 'removed'],
  ]);
  expect(await changes()).toEqual(planned);
  expect(await own.ok('apply', file, '--prune')).toBe('ada same\ncyd same\n');
});

test('apply --prune removes only agents that came from that file, with everything they started', async () => {
  const own = box();
  const file = own.write({ agents: [sleeper('ada'), sleeper('bob', { command: ['sh', '-c', 'sleep 3600 & wait'] })] });
  const other = join(own.dir, 'other.json');
  writeFileSync(other, JSON.stringify({ agents: [sleeper('zoe')] }));
  await own.ok('apply', file);
  await own.ok('apply', other);
  const before = await processes(own);

  own.write({ agents: [sleeper('ada')] });
  expect(await own.ok('apply', file)).toBe('ada same\n');
  expect(await processes(own)).toEqual(before);

  expect(await own.ok('apply', file, '--prune')).toBe('ada same\nbob removed\n');
  expect(await processes(own)).toEqual(before.filter(({ name }) => name !== 'bob'));
  expect(bearersUnder(join(own.home, 'agents/bob'))).toEqual([]);
});

test('an agent that moved to another file is not pruned by the first', async () => {
  const own = box();
  const file = own.write({ agents: [sleeper('ada'), sleeper('bob')] });
  const other = join(own.dir, 'other.json');
  await own.ok('apply', file);
  writeFileSync(other, JSON.stringify({ agents: [sleeper('bob')] }));
  await own.ok('apply', other);
  own.write({ agents: [sleeper('ada')] });
  expect(await own.ok('apply', file, '--prune')).toBe('ada same\n');
  expect((await own.rows()).map(({ name }) => name)).toEqual(['ada', 'bob']);
});

test('a file with mistakes prunes nobody', async () => {
  const own = box();
  const file = own.write({ agents: [sleeper('ada'), sleeper('bob')] });
  await own.ok('apply', file);
  const before = await processes(own);
  own.write({ agents: [sleeper('ada', { mode: 'comand' })] });
  expect(await own.av('apply', file, '--prune')).toMatchObject({ code: 2, stdout: '' });
  expect(await processes(own)).toEqual(before);
});
