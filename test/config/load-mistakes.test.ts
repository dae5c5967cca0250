import { mkdir, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadEcosystem } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/problem.ts';
import { SLOW, temporaryFolder, written } from './files.ts';

/** The mistakes, with the folder taken out of their wording. */
async function refused(files: Readonly<Record<string, string>>, timeoutMs?: number): Promise<readonly Problem[]> {
  const file = await written(files);
  const result = await loadEcosystem(file, timeoutMs === undefined ? {} : { timeoutMs });
  if (result.ok) expect.fail('the file was accepted');
  expect(result.file).toBe(file);
  for (const { message } of result.problems) expect(message).not.toMatch(/\n|node_modules/);
  return result.problems.map((problem) => ({
    ...problem,
    message: problem.message.replaceAll(`${dirname(file)}/`, ''),
  }));
}

async function messages(files: Readonly<Record<string, string>>, timeoutMs?: number): Promise<readonly string[]> {
  return (await refused(files, timeoutMs)).map(({ message }) => message);
}

describe('what goes wrong is said in one line, with the place', SLOW, () => {
  test.each([
    [
      'a syntax error',
      { 'e.ts': 'type A = {\n  a: 1;\n};\nexport default { agents: [1 2] };\n' },
      'e.ts:4:29: syntax error: Unexpected token, expected ","',
    ],
    [
      'a syntax error in CommonJS',
      { 'e.cjs': 'const a = 1;\nmodule.exports = { a: [1 2] };' },
      'e.cjs:2:26: syntax error: Unexpected token, expected ","',
    ],
    [
      'a syntax error in another module',
      { 'e.ts': "import './b.ts';\nexport default {}", 'b.ts': '\nconst a = ;' },
      'b.ts:2:11: syntax error: Unexpected token',
    ],
    [
      'a syntax error in JSON',
      { 'e.json': '{\n  "agents": [],\n}' },
      'e.json:3:1: JSON syntax error: expected a key in double quotes, found "}"',
    ],
    [
      'a throw',
      { 'e.ts': "const a: number = 1;\n\nif (a) throw new Error('no luck\\nsecond line');\nexport default {};" },
      'e.ts:3: throws Error: no luck',
    ],
    [
      'a throw with a token in it',
      { 'e.mjs': "throw new TypeError('bad sk-ant-oat01-abc_DEF')" },
      'e.mjs:1: throws TypeError: bad sk-ant-oat01-[redacted]',
    ],
    ['a throw of text', { 'e.ts': "throw 'text'" }, 'e.ts: throws "text"'],
    [
      'a throw in another module',
      { 'e.ts': "import './b.ts';\nexport default {}", 'b.ts': '\n\nnoSuchThing();' },
      'b.ts:3: throws ReferenceError: noSuchThing is not defined',
    ],
    [
      'a throw in the exported function',
      { 'e.ts': "export default () => {\n  throw new Error('late');\n};" },
      'e.ts:2: throws Error: late',
    ],
    ['a rejected promise', { 'e.ts': "export default Promise.reject(new Error('no'))" }, 'e.ts:1: throws Error: no'],
    [
      'a throw in a timer',
      { 'e.mjs': "setTimeout(() => {\n  throw new Error('later');\n}, 0);\nawait new Promise(() => {});" },
      'e.mjs:2: throws Error: later',
    ],
    [
      'a missing module',
      { 'e.ts': "import x from './none.ts';\nexport default x;" },
      "e.ts:1: throws Error: Cannot find module './none.ts'",
    ],
    ['no default export', { 'e.ts': 'export const agents = [];' }, 'e.ts: has no default export'],
    ['no default export in .mjs', { 'e.mjs': 'export const agents = [];' }, 'e.mjs: has no default export'],
    ['no export at all', { 'e.cjs': 'const a = 1;' }, 'e.cjs: has no default export'],
    [
      'a function that returns nothing',
      { 'e.ts': 'export default () => {}' },
      'e.ts: its default export gives nothing',
    ],
    [
      'a promise that never settles',
      { 'e.mjs': 'await new Promise(() => {});' },
      'e.mjs: waits for a promise that never settles',
    ],
    ['process.exit', { 'e.ts': 'process.exit(0)' }, 'e.ts: ended the process that reads it (exit code 0)'],
    [
      'a signal to itself',
      { 'e.ts': "process.kill(process.pid, 'SIGTERM'); while (true) {}" },
      'e.ts: ended the process that reads it (SIGTERM)',
    ],
    [
      'a function in the data',
      { 'e.ts': "export default { agents: [{ name: 'a', cwd: () => '.' }] }" },
      'agents[0].cwd: expected plain data (text, numbers, true, false, null, lists, objects), found a function',
    ],
    [
      'huge content',
      { 'e.mjs': "export default { agents: [{ name: 'a', claude: { args: ['x'.repeat(11 * 2 ** 20)] } }] }" },
      'e.mjs: its content is larger than 10 MB',
    ],
    ['a name of another kind', { 'e.yaml': '' }, 'e.yaml: is no ecosystem file by its name'],
  ])('%s', async (_what, files: Record<string, string>, message) => {
    const problems = await refused(files);
    expect(problems.map((problem) => problem.message)).toEqual([message]);
    if (!message.startsWith('agents')) expect(problems[0]?.path).toBe('');
    expect(problems[0]?.hint).toBeTypeOf('string');
  });

  test('mistakes of the content come all at once', async () => {
    const file = "export default { agents: [{ name: 'a', cwd: 5 }, { name: 'all', env: { D: new Date(0) } }] }";
    expect((await refused({ 'e.ts': file })).map(({ path }) => path)).toEqual([
      'agents[1].env.D',
      'agents[0].cwd',
      'agents[1].name',
    ]);
  });

  test('a file that is not there, and a folder', async () => {
    const root = await temporaryFolder();
    const missing = await loadEcosystem('none/ecosystem.ts', { cwd: root });
    expect(missing).toMatchObject({ ok: false, file: join(root, 'none/ecosystem.ts') });
    expect(missing.ok ? [] : missing.problems.map(({ message, hint }) => [message, hint])).toEqual([
      [`${root}/none/ecosystem.ts: there is no such file`, 'check the path, or write one with: agentvisor init'],
    ]);
    await mkdir(join(root, 'folder.ts'));
    const folder = await loadEcosystem('folder.ts', { cwd: root });
    expect(folder.ok ? '' : folder.problems[0]?.message).toBe(`${root}/folder.ts: is not a file`);
  });

  test('a huge file is not even read', async () => {
    const file = await written({ 'e.json': '' });
    await truncate(file, 11 * 2 ** 20);
    const result = await loadEcosystem(file);
    expect(result.ok ? '' : result.problems[0]?.message).toBe(`${file}: is larger than 10 MB`);
  });

  test.each([
    ['loops', 'while (true) {}'],
    ['waits', 'setInterval(() => {}, 1000); await new Promise(() => {});'],
    ['loops in its function', 'export default () => { while (true) {} }'],
  ])('a file that %s is ended at the limit', async (_how, content) => {
    expect(await messages({ 'e.mjs': content }, 1500)).toEqual(['e.mjs: did not finish within 1.5 s']);
  });
});
