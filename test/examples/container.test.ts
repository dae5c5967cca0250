import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../docs/pages.ts';
import { setUp } from './set-up.ts';

const FOLDER = 'examples/container';
const read = (name: string): string => readFileSync(join(ROOT, FOLDER, name), 'utf8');

type Node = { readonly [key: string]: Node } | string;

/** The part of YAML that the file uses: mappings by indentation, lists of plain words, comments. */
function parse(yaml: string): Node {
  const lines = yaml.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const indentOf = (line = ''): number => line.length - line.trimStart().length;
  const block = (indent: number): Node => {
    const found: Record<string, Node> = {};
    while (lines.length > 0 && indentOf(lines[0]) === indent) {
      const line = (lines.shift() ?? '').trim();
      const [, key, value = ''] = /^(?:- )?([\w./-]+):? ?(.*)$/.exec(line) ?? [];
      if (key === undefined) throw new Error(`not understood: ${line}`);
      found[key] = value === '' && indentOf(lines[0]) > indent ? block(indentOf(lines[0])) : value;
    }
    return found;
  };
  const whole = block(0);
  if (lines.length > 0) throw new Error(`not understood: ${lines[0]}`);
  return whole;
}

test('the compose file collects ends, gives time to stop, and names what exists', () => {
  const compose = parse(read('compose.yaml'));
  expect(compose).toMatchObject({
    services: {
      agents: {
        build: { context: '../..', dockerfile: `${FOLDER}/Dockerfile` },
        init: 'true',
        stop_grace_period: '60s',
        secrets: { token: '' },
        volumes: { home: '/home/node', work: '/agents/work' },
      },
    },
    volumes: { home: '', work: '' },
    secrets: { token: { file: './token' } },
  });
  expect(existsSync(join(ROOT, FOLDER, '../..', `${FOLDER}/Dockerfile`))).toBe(true);
  expect(read('ecosystem.ts')).toContain("'/run/secrets/token'");
  expect(() => parse('a: b\n   c: d\n')).toThrow('not understood');
});

test('the Dockerfile copies what exists and ends with the entrypoint, which may be executed', () => {
  const lines = read('Dockerfile')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const known = /^(?:FROM|WORKDIR|COPY|RUN|USER|VOLUME|ENTRYPOINT|CMD) \S/;
  expect(lines.filter((line) => !known.test(line))).toEqual([]);
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(copied.filter((path) => !existsSync(resolve(ROOT, path)))).toEqual([]);
  expect(copied).toContain(`${FOLDER}/entrypoint.sh`);
  expect(statSync(join(ROOT, FOLDER, 'entrypoint.sh')).mode & 0o111).not.toBe(0);
  const { bin, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
    engines: { node: string };
  };
  expect(Object.keys(bin)).toEqual(['agentvisor']);
  const [, major = ''] = /node:(\d+)-/.exec(lines[0] ?? '') ?? [];
  expect(Number(major)).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]));
});

/** The container without its walls. */
function contain(file: string) {
  const own = setUp('container');
  const ecosystem = join(own.folder, 'ecosystem.json');
  writeFileSync(ecosystem, file);
  const run = (): { readonly child: ChildProcess; readonly ended: Promise<number | null> } => {
    const child = spawn(join(own.folder, 'entrypoint.sh'), [ecosystem], {
      env: { PATH: own.path, HOME: own.userHome, AGENTVISOR_HOME: own.home },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return { child, ended: new Promise((done) => child.once('exit', (code) => done(code))) };
  };
  return { ...own, run };
}

test('the entrypoint starts the agents of the file; TERM ends them and itself, and the next one goes on with them', async () => {
  const { run, av, here } = contain(JSON.stringify({ agents: [{ name: 'helper' }] }));
  const isUp = async (): Promise<number | null> => (await av('wait', 'helper', '--for', 'up', '--timeout', '5s')).code;
  const sessionOf = async (): Promise<unknown> => JSON.parse((await here('list', '--json')).stdout)[0];
  const first = run();
  await expect.poll(isUp, { timeout: 15_000 }).toBe(0);
  expect((await here('send', 'helper', 'hello', '--wait')).stdout).toBe('answer to: hello\n');
  const before = (await sessionOf()) as { pid: number; sessionId: string };
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  expect(existsSync(`/proc/${before.pid}`)).toBe(false);

  const second = run();
  await expect.poll(isUp, { timeout: 15_000 }).toBe(0);
  expect(await sessionOf()).toMatchObject({ sessionId: before.sessionId, state: 'running' });
  expect((await here('send', 'helper', 'still there?', '--wait')).stdout).toBe('answer to: still there?\n');
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('the entrypoint ends with 2 when the file is wrong', async () => {
  expect(await contain('{"agents": [{"nmae": "x"}]}').run().ended).toBe(2);
});

const hasDocker = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0;

test.runIf(hasDocker && process.env['AGENTVISOR_TEST_DOCKER'] === '1')(
  'the image is built (AGENTVISOR_TEST_DOCKER=1: it needs the network)',
  { timeout: 600_000 },
  () => {
    const { status, stderr } = spawnSync('docker', ['build', '-f', `${FOLDER}/Dockerfile`, '.'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
  },
);
