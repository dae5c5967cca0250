import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Ecosystem } from '../../src/config/ecosystem.ts';
import { findEcosystem, loadEcosystem } from '../../src/config/load.ts';
import { SLOW, temporaryFolder, written } from './files.ts';

async function loaded(files: Readonly<Record<string, string>>): Promise<Ecosystem> {
  const result = await loadEcosystem(await written(files));
  if (!result.ok) expect.fail(result.problems.map(({ message }) => message).join('\n'));
  return result.ecosystem;
}

describe('every form of the file gives the same data', SLOW, () => {
  const typed = `import { defineEcosystem } from 'agentvisor';
    type Name = string;
    const name: Name = 'a';
    export default defineEcosystem({ agents: [{ name, cwd: '.' }] });`;
  const plain = `import { defineEcosystem } from 'agentvisor';
    export default defineEcosystem({ agents: [{ name: 'a' }] });`;
  const common = `const { defineEcosystem } = require('agentvisor');
    module.exports = defineEcosystem({ agents: [{ name: 'a' }] });`;
  test.each([
    ['TypeScript', { 'ecosystem.ts': typed }],
    ['TypeScript (.mts)', { 'ecosystem.mts': typed }],
    ['a module in .js', { 'ecosystem.js': plain }],
    ['a module in .mjs', { 'ecosystem.mjs': plain }],
    ['CommonJS in .js', { 'ecosystem.js': common }],
    ['CommonJS in .cjs', { 'ecosystem.cjs': common }],
    ['CommonJS in a folder of modules', { 'ecosystem.cjs': common, 'package.json': '{"type":"module"}' }],
    ['JSON', { 'ecosystem.json': '\uFEFF{ "agents": [{ "name": "a" }] }' }],
    ['a promise', { 'ecosystem.mjs': "export default Promise.resolve({ agents: [{ name: 'a' }] })" }],
    ['a promise in CommonJS', { 'ecosystem.cjs': "module.exports = Promise.resolve({ agents: [{ name: 'a' }] })" }],
    ['a function', { 'ecosystem.ts': "export default () => ({ agents: [{ name: 'a' }] })" }],
    [
      'an async function in CommonJS',
      { 'ecosystem.cjs': "module.exports = async () => ({ agents: [{ name: 'a' }] })" },
    ],
    [
      'top-level await',
      { 'ecosystem.ts': "const name = await Promise.resolve('a');\nexport default { agents: [{ name }] }" },
    ],
    [
      'another module',
      {
        'ecosystem.ts': "import { name } from './name.ts';\nexport default { agents: [{ name }] }",
        'name.ts': "export const name: string = 'a'",
      },
    ],
  ])('%s', async (_form, files: Record<string, string>) => {
    const ecosystem = await loaded(files);
    expect(ecosystem.agents.map(({ name, cwd }) => [name, cwd])).toEqual([['a', dirname(ecosystem.file)]]);
  });
});

describe('around the file', SLOW, () => {
  test('a timer or a server that it leaves running delays nothing', async () => {
    const { agents } = await loaded({
      'e.mjs': "setInterval(() => {}, 1000);\nexport default { agents: [{ name: 'a' }] };",
    });
    expect(agents).toHaveLength(1);
  });

  test('it is run in its own folder, wherever the CLI is', async () => {
    const { agents } = await loaded({
      'e.cjs': "module.exports = { agents: [{ name: require('node:fs').readFileSync('name', 'utf8') }] }",
      name: 'from-file',
    });
    expect(agents[0]?.name).toBe('from-file');
  });

  test('a folder of an agent that does not exist is a warning', async () => {
    const file = await written({ 'e.json': '{ "agents": [{ "name": "a", "cwd": "gone" }, { "name": "b" }] }' });
    const result = await loadEcosystem(file);
    expect(result.ok && result.warnings.map(({ path, message }) => [path, message])).toEqual([
      ['agents[0].cwd', `agents[0].cwd: there is no folder ${join(dirname(file), 'gone')}`],
    ]);
  });

  test('what it prints goes to stderr, never to stdout', async () => {
    const file = await written({
      'e.ts': "console.log('printed');\nprocess.stdout.write('raw');\nexport default { agents: [] };",
    });
    const runner = await startRunner(file);
    const [out, err] = await Promise.all([text(runner.stdout), text(runner.stderr)]);
    expect(out).toBe('{"ok":true}');
    expect(err).toContain('printed\nraw');
  });

  test('what it started ends with it', async () => {
    await withListener(async (port, connection) => {
      const { agents } = await loaded({
        'e.mjs': `${connector(port)}\nprocess.stdin.destroy();\n${untilReady}\nexport default { agents: [] };`,
      });
      expect(agents).toEqual([]);
      await ended(await connection);
    });
  });

  test('it does not outlive a CLI that was killed, even in an endless loop', async () => {
    await withListener(async (port, connection) => {
      const runner = await startRunner(await written({ 'e.mjs': `${connector(port)}\nwhile (true) {}` }));
      const exit = once(runner, 'exit').then(() => expect.fail('the runner ended by itself'));
      const socket = await Promise.race([connection, exit]);
      exit.catch(() => 'it is killed below');
      runner.kill('SIGKILL');
      await ended(socket);
    });
  });
});

test('neither the loader nor what an ecosystem file imports brings a library into its process', () => {
  expect(importsOf('config/load.ts').filter((name) => !name.startsWith('node:'))).toEqual([]);
  expect(importsOf('index.ts')).toEqual([]);
  // The check itself sees a library where there is one.
  expect(importsOf('config/loader-child.ts')).toContain('zod');
});

test('an ecosystem file is looked for by its endings in order', async () => {
  const folder = dirname(await written({ 'ecosystem.json': '{}', 'ecosystem.mjs': '' }));
  expect(await findEcosystem(folder)).toBe(join(folder, 'ecosystem.mjs'));
  await writeFile(join(folder, 'ecosystem.ts'), '');
  expect(await findEcosystem(folder)).toBe(join(folder, 'ecosystem.ts'));
  expect(await findEcosystem(await temporaryFolder())).toBeUndefined();
});

/** The packages that a source file loads when it is imported, by itself or through others. */
function importsOf(name: string, source = new URL('../../src/', import.meta.url)): readonly string[] {
  const file = new URL(name, source);
  const statements = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)';/gm);
  return [...statements].flatMap(([, from = '']) => (from.startsWith('.') ? importsOf(from, file) : [from]));
}

/** A process of its own that loads `file` with the compiled loader, as the CLI does, and prints whether that went well. */
async function startRunner(file: string): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const load = new URL('../../dist/config/load.js', import.meta.url).href;
  const script = await written({
    'runner.mjs': `import { loadEcosystem } from ${JSON.stringify(load)};
      const { ok } = await loadEcosystem(${JSON.stringify(file)}, { timeoutMs: 100_000 });
      process.stdout.write(JSON.stringify({ ok }));`,
  });
  return spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Code that starts a process which holds a connection for as long as it lives. */
function connector(port: number): string {
  const held = `require("node:net").connect(${port}, "127.0.0.1", () => console.log("ready"))`;
  return `import { spawn } from 'node:child_process';
    const held = spawn(process.execPath, ['-e', '${held}'], { stdio: ['ignore', 'pipe', 'inherit'] });`;
}

const untilReady = 'await new Promise((ready) => held.stdout.once("data", ready));';

async function withListener(use: (port: number, connection: Promise<Socket>) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = once(server, 'connection').then(([socket]: Socket[]) => {
    if (socket === undefined) throw new Error('no socket');
    return socket.resume();
  });
  await use((server.address() as AddressInfo).port, connection);
  server.close();
}

/** A killed process resets or closes its connection; both end in `close`. */
async function ended(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  if (!socket.closed) await once(socket, 'close');
}
