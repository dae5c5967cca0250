import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import { STAND_IN } from '../daemon/stand-in-box.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** agentvisor asks a throttled agent again after 30 s. */
const WHOLE_DEMO_MS_MAX = 120_000;

type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
type Demo = {
  readonly child: ChildProcess;
  readonly ended: Promise<Result>;
  /** Settles when that has been printed. */
  said(words: string): Promise<void>;
};

/** A folder in which the demo puts its own. */
function temporary(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'av-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}

/** What package.json says `npm run demo` is. */
function demo(tmp: string, ...args: string[]): Demo {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { demo: string } };
  const env = { PATH: process.env['PATH'], HOME: tmp, TMPDIR: tmp };
  const child = spawn('/bin/sh', ['-c', `exec env ${scripts.demo} "$@"`, 'demo', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let onText = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onText();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Result>((done) => {
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
  const said = (words: string): Promise<void> =>
    new Promise((done, fail) => {
      onText = () => {
        if (stdout.includes(words)) done();
      };
      onText();
      void ended.then((result) => fail(new Error(`it ended before it said "${words}": ${JSON.stringify(result)}`)));
    });
  return { child, ended, said };
}

/** The home that the demo names in its first line. */
function homeIn(stdout: string): string {
  const folder = /A real daemon runs in (\S+) /.exec(stdout)?.[1];
  if (folder === undefined) throw new Error(`it names no folder: ${stdout}`);
  return join(folder, 'home');
}

const filesOf = (home: string, agent: string): readonly string[] => {
  const runs = join(home, 'agents', agent, 'runs');
  return readdirSync(runs).map((run) => readFileSync(join(runs, run, 'stdout.ndjson'), 'utf8'));
};

/** What the demo says of an agent at its end. */
const receiptOf = (stdout: string, agent: string): string =>
  stdout.split('\n').findLast((line) => line.startsWith(`${agent} `)) ?? '';

test(
  'shows three troubles noticed, decided, tried and proven, and each id of its receipts stands in the agent’s files',
  async () => {
    const tmp = temporary();
    const { code, stdout, stderr } = await demo(tmp, '--keep', join(tmp, 'kept')).ended;
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    const home = homeIn(stdout);
    expect(bearersUnder(home)).toEqual([]);
    expect(stdout).toMatch(/\nAll 3 recoveries proven\.\n$/);
    for (const agent of ['bob', 'cleo', 'dan']) {
      for (const label of ['noticed', 'decided', 'proven']) expect(stdout).toMatch(new RegExp(`  ${agent} +${label} `));
    }
    for (const agent of ['bob', 'dan']) expect(stdout).toMatch(new RegExp(`  ${agent} +tried `));
    expect(stdout).not.toMatch(/cleo +tried/);
    expect(receiptOf(stdout, 'ada')).toMatch(/no trouble/);

    for (const agent of ['bob', 'cleo']) {
      const ids = receiptOf(stdout, agent).match(/\b(?:msg_)?req_\w+/g) ?? [];
      expect(ids).toHaveLength(2);
      for (const id of ids) expect(filesOf(home, agent).join('')).toContain(`"${id}"`);
    }
    const message = /message (\w{8}) answered/.exec(receiptOf(stdout, 'dan'))?.[1] ?? 'none';
    // It was in the process that ended, and in the one that answered.
    expect(filesOf(home, 'dan').map((text) => text.includes(`"${message}-`))).toEqual([true, true]);
  },
  WHOLE_DEMO_MS_MAX,
);

test('exits 1 and names the agent when the latch is permanent, and leaves neither process nor file behind', async () => {
  const tmp = temporary();
  const script = join(tmp, 'permanent.json');
  writeFileSync(script, JSON.stringify({ faults: [{ when: { contains: 'there' }, do: { api: '401' } }] }));
  const file = join(tmp, 'ecosystem.json');
  const env = { STAND_IN_SCRIPT: script, STAND_IN_SPEED: '100' };
  writeFileSync(
    file,
    JSON.stringify({ defaults: { claude: { bin: STAND_IN } }, agents: [{ name: 'ada' }, { name: 'bob', env }] }),
  );
  const before = readdirSync(tmp).toSorted();
  const { code, stdout, stderr } = await demo(tmp, '--file', file, '--within', '15').ended;
  expect({ code, stderr }, stdout).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(/bob +noticed +the attempt failed/);
  expect(receiptOf(stdout, 'bob')).toMatch(/not proven$/);
  expect(stdout).toMatch(/\n1 of 1 recovery not proven: bob\.\n$/);
  expect(readdirSync(tmp).toSorted()).toEqual(before);
  expect(bearersUnder(homeIn(stdout))).toEqual([]);
});

test('Ctrl-C in the middle leaves neither process nor file behind', async () => {
  const tmp = temporary();
  const { child, ended, said } = demo(tmp);
  await said('noticed');
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(readdirSync(tmp)).toEqual([]);
  expect(bearersUnder(homeIn(stdout))).toEqual([]);
});

test('Ctrl-C before the daemon answers leaves neither process nor file behind', async () => {
  const tmp = temporary();
  const { child, ended, said } = demo(tmp);
  await said('A real daemon');
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(readdirSync(tmp)).toEqual([]);
  expect(bearersUnder(homeIn(stdout))).toEqual([]);
});

test('a file that cannot be started is an error in words, and leaves nothing behind', async () => {
  const tmp = temporary();
  const { code, stderr } = await demo(tmp, '--file', join(tmp, 'nowhere.json')).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/nowhere\.json.*no such file/);
  expect(readdirSync(tmp)).toEqual([]);
});

test('a reader that goes away ends the demo, which leaves nothing behind', async () => {
  const tmp = temporary();
  const { child, ended, said } = demo(tmp);
  await said('A real daemon');
  child.stdout?.destroy();
  const { code } = await ended;
  expect(code).toBe(141);
  expect(readdirSync(tmp)).toEqual([]);
});
