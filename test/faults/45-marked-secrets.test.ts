import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { box, type Box } from '../box.ts';
import { STAND_IN } from '../daemon/stand-in-box.ts';
import { receiver, type Receiver } from '../daemon/outbox-scene.ts';
import { bearersUnder } from '../box.ts';
import { commandLines, environmentOf, filesBelow, givenAway, marked, type Marked } from './marks.ts';
import { rawClient } from './raw-client.ts';
import { encodeRequest } from '../../src/protocol/frames.ts';

const CRASHING = pathToFileURL(join(import.meta.dirname, 'crashing.mjs')).href;
const SLOW = { timeout: 180_000 };

const SECRETS = {
  /** From a variable of the shell. */
  variable: marked('variable', 'sk-ant-oat01-', 'VARI'),
  /** From a file, refused by the API, rotated away. */
  file: marked('file', 'sk-ant-oat01-', 'FILE'),
  fresh: marked('fresh', 'sk-ant-oat01-', 'FRSH'),
  /** Of a gateway: nothing about it looks like a token, and every spelling of it differs. */
  key: marked('key', 'gw-', '+/="\\&KEYS'),
  command: marked('command', 'gw-', 'COMM'),
  passed: marked('passed', '', '"p\\'),
  envFile: marked('envFile'),
  /** Stands in the file of the ecosystem, so it stands in the state, which is private; it is never shown. */
  literal: marked('literal'),
  proxy: marked('proxy'),
  /** The address of a webhook is a secret by itself, and must be kept to be used. */
  hook: marked('hook'),
  /** Given for a credential that does not exist. */
  stray: marked('stray', 'gw-', 'STRY'),
} as const;

const ALL: readonly Marked[] = Object.values(SECRETS);
/** What somebody may quote who was never told the others. */
const GIVEN = ALL.filter(({ name }) => name !== 'hook' && name !== 'stray');
const EVERYTHING = GIVEN.map(({ value }) => value).join(' and ');
/** What is kept on purpose, in private files. */
const KEPT_IN_STATE: readonly string[] = ['literal', 'hook'];

const SHELL_ENV = {
  TEST_TOKEN: SECRETS.variable.value,
  PASSED_ON_SECRET: SECRETS.passed.value,
  HTTPS_PROXY: `http://user:${SECRETS.proxy.value}@127.0.0.1:9`,
};

type Scene = {
  readonly own: Box;
  readonly hook: Receiver;
  /** Everything that anybody was shown. */
  readonly shown: string[];
  readonly av: (...args: string[]) => Promise<number | null>;
  readonly avWith: (options: Parameters<Box['avWith']>[0], ...args: string[]) => Promise<number | null>;
  readonly told: () => string;
};

async function scene(): Promise<Scene> {
  const own = box();
  const hook = await receiver();
  const shown: string[] = [];
  const at = (name: string): string => join(own.dir, name);
  const secretFile = (name: string, { value }: Marked): void => writeFileSync(at(name), value, { mode: 0o600 });
  secretFile('file-token', SECRETS.file);
  secretFile('key-token', SECRETS.key);
  secretFile('command-token', SECRETS.command);
  writeFileSync(at('dan.env'), `FILED_SECRET=${SECRETS.envFile.value}\n`, { mode: 0o600 });
  writeFileSync(
    at('script.json'),
    JSON.stringify({
      faults: [
        { when: { token: 'FILE', contains: 'question' }, do: { api: '403revoked', message: `revoked: ${EVERYTHING}` } },
        { when: { contains: 'say it' }, do: { answer: EVERYTHING } },
        { when: { contains: 'latch', process: 1 }, latch: true, do: { api: '401', message: `bad: ${EVERYTHING}` } },
        { when: { contains: 'die', process: { until: 2 } }, do: { exit: { code: 3, stderr: `fatal: ${EVERYTHING}` } } },
      ],
    }),
  );
  const print = 'echo "$PASSED_ON_SECRET $FILED_SECRET $LITERAL_SECRET $ANTHROPIC_API_KEY $HTTPS_PROXY"';
  own.write({
    credentials: {
      variable: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } },
      file: { type: 'oauth-token', from: { file: './file-token' } },
      key: { type: 'api-key', from: { file: './key-token' }, billable: true, ceilingUsd: 1_000 },
      command: { type: 'oauth-token', from: { command: ['cat', at('command-token')] } },
    },
    notify: [
      { command: ['/bin/sh', '-c', `cat >>'${at('told')}'; tr '\\0' '\\n' </proc/self/environ >'${at('told-env')}'`] },
      { webhook: `${hook.url}/${SECRETS.hook.value}` },
    ],
    defaults: {
      credential: 'variable',
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: at('script.json'), STAND_IN_SPEED: '20' },
      auth: { quiet: { min: '1s', max: '2s', longMax: '2s' } },
      restart: { delayMin: '100ms', delayMax: '200ms' },
    },
    agents: [
      { name: 'ada', cwd: './ada' },
      { name: 'bob', cwd: './bob', credential: ['file', 'key'] },
      { name: 'cyd', cwd: './cyd', credential: 'command' },
      {
        name: 'dan',
        cwd: './dan',
        credential: 'key',
        mode: 'command',
        command: ['sh', '-c', `${print}; ${print} >&2; exec sleep 1000`],
        envPass: ['PASSED_ON_SECRET'],
        envFile: './dan.env',
        env: { LITERAL_SECRET: SECRETS.literal.value },
      },
    ],
  });
  const avWith: Scene['avWith'] = async (options, ...args) => {
    const { code, stdout, stderr } = await own.avWith({ ...options, env: { ...SHELL_ENV, ...options.env } }, ...args);
    shown.push(`$ ${args.join(' ')}\n${stdout}${stderr}`);
    return code;
  };
  return {
    own,
    hook,
    shown,
    avWith,
    av: (...args) => avWith({}, ...args),
    told: () => (existsSync(at('told')) ? readFileSync(at('told'), 'utf8') : ''),
  };
}

/** All that can be asked, of all agents, in all forms. */
async function askEverything({ av, own, shown }: Scene): Promise<void> {
  const perAgent = ['ada', 'bob', 'cyd', 'dan'].flatMap((name) => [
    ['logs', name],
    ['logs', name, '--raw'],
    ['logs', name, '--json'],
    ['history', name],
    ['history', name, '--json'],
  ]);
  const ofAll = [
    ['list'],
    ['list', '--json'],
    ['jlist'],
    ['describe', 'all'],
    ['describe', 'all', '--json'],
    ['explain', 'all'],
    ['explain', 'all', '--json'],
    ['auth'],
    ['auth', '--json'],
    ['auth', '--check'],
    ['incidents'],
    ['incidents', '--json'],
    ['incidents', '--stats', '--json'],
    ['events'],
    ['events', '--json'],
    ['monit'],
    ['monit', '--json'],
    ['doctor'],
    ['doctor', '--json'],
    ['validate'],
    ['daemon', 'status'],
    ['daemon', 'status', '--json'],
    ['apply', './ecosystem.json', '--dry-run', '--json'],
  ];
  for (const args of [...perAgent, ...ofAll]) await av(...args);
  // Redacted, and not merely empty.
  expect(shown.find((text) => text.startsWith('$ logs dan --raw'))).toContain('[redacted]');
  const socket = await rawClient(own.home);
  const requests: readonly (readonly [string, unknown])[] = [
    ['hello', { protocol: 1, version: 'test' }],
    ['credentials', {}],
    ['credential-states', {}],
    ['auth', { targets: [] }],
    ['events', { lines: 10_000 }],
    ['incidents', { open: false }],
    ['describe', { targets: ['all'] }],
    ['rotation', { credential: 'file', seen: 0 }],
    ['status', {}],
    ['subscribe', {}],
    ['board', {}],
  ];
  for (const [method, params] of requests) {
    await socket.write(encodeRequest(method, method, params));
    await socket.answer(method);
  }
  socket.socket.destroy();
  shown.push(JSON.stringify(socket.heard));
}

/** Every mistake with a secret at hand. */
async function makeMistakes({ avWith, av, own, shown }: Scene): Promise<void> {
  expect(await avWith({ input: SECRETS.stray.value }, 'rotate', 'nobody', '--from', '-', '--yes')).not.toBe(0);
  expect(await avWith({ input: SECRETS.stray.value }, 'rotate', 'variable', '--from', '-', '--yes')).not.toBe(0);
  expect(
    await avWith({ input: `${SECRETS.stray.value}\n${SECRETS.stray.value}` }, 'rotate', 'key', '--from', '-', '--yes'),
  ).not.toBe(0);
  const open = join(own.dir, 'open-token');
  writeFileSync(open, SECRETS.stray.value, { mode: 0o644 });
  writeFileSync(join(own.dir, 'bad.env'), `FINE=1\nno assignment ${SECRETS.stray.value}\nA='${SECRETS.stray.value}\n`);
  mkdirSync(join(own.dir, 'eve'));
  writeFileSync(
    join(own.dir, 'other.json'),
    JSON.stringify({
      credentials: {
        open: { type: 'api-key', from: { file: open } },
        failing: { type: 'api-key', from: { command: ['sh', '-c', `cat '${open}' >&2; cat '${open}'; exit 3`] } },
      },
      agents: [
        { name: 'eve', cwd: './eve', credential: 'open', mode: 'command', command: ['sleep', '1000'] },
        { name: 'fay', cwd: './eve', credential: 'failing', mode: 'command', command: ['sleep', '1000'] },
        { name: 'gil', cwd: './eve', envFile: './bad.env', mode: 'command', command: ['sleep', '1000'] },
      ],
    }),
  );
  expect(await av('start', './other.json')).toBe(1);
  for (const name of ['eve', 'fay', 'gil']) await av('history', name, '--json');
  const socket = await rawClient(own.home);
  await socket.write(
    `${encodeRequest('hello', 'hello', { protocol: 1, version: 'test' })}${encodeRequest('a', 'apply', { secrets: { A: [SECRETS.stray.value] } })}`,
  );
  await socket.answer('a');
  await socket.write(`{"jsonrpc":"2.0","id":1,"method":"rotate","params":{"secret":"${SECRETS.stray.value}"\n`);
  await socket.closed;
  shown.push(JSON.stringify(socket.heard));
  await av('delete', 'eve', 'fay', 'gil');
}

/** A daemon that dies of an exception that quotes everything; the next one goes on. */
async function crash({ own }: Scene): Promise<void> {
  const pid = own.daemonPid();
  writeFileSync(join(own.dir, 'crash-words'), `made for the test with ${EVERYTHING}`);
  writeFileSync(join(own.dir, 'crash'), '1');
  await expect
    .poll(async () => (await own.av('ping')).code === 0 && own.daemonPid() !== pid, { timeout: 20_000 })
    .toBe(true);
}

test('no secret is written down, shown or told, whatever happens to its agents', SLOW, async () => {
  const all = await scene();
  const { own, shown, av, avWith, hook, told } = all;
  const env = { FAULT_FOLDER: own.dir, NODE_OPTIONS: `--import ${CRASHING}` };
  expect(await avWith({ env }, 'start')).toBe(0);
  for (const name of ['ada', 'cyd']) expect(await av('send', name, 'say it', '--wait')).toBe(0);
  // Refused, told, and answered on the next credential.
  expect(await av('send', 'bob', 'question', '--wait')).toBe(0);
  expect((await own.row('bob')).credential?.name).toBe('key');
  // Latched with a text that quotes them, and recovered.
  expect(await av('send', 'cyd', 'latch', '--wait')).toBe(0);
  // Died with them as its last words, and answered by the next process.
  expect(await av('send', 'ada', 'die', '--wait')).toBe(0);
  expect(await avWith({ input: SECRETS.fresh.value }, 'rotate', 'file', '--from', '-', '--yes')).toBe(0);
  await own.until('bob', ({ credential }) => credential?.name === 'file');
  expect(await av('send', 'bob', 'say it', '--wait')).toBe(0);
  await makeMistakes(all);
  await crash(all);
  expect(await av('send', 'ada', 'say it', '--wait')).toBe(0);
  await askEverything(all);
  await expect.poll(() => told().split('\n').length, { timeout: 10_000 }).toBeGreaterThan(3);
  await expect.poll(() => hook.arrived.length, { timeout: 10_000 }).toBeGreaterThan(3);
  const running = commandLines();
  expect(await av('daemon', 'restart')).toBe(0);
  await askEverything(all);

  const texts: Readonly<Record<string, readonly string[]>> = {
    shown,
    told: [told(), ...hook.arrived.map(({ body, headers }) => body + JSON.stringify(headers))],
    'command lines': [...running, ...commandLines()],
  };
  for (const [what, each] of Object.entries(texts))
    expect({ [what]: each.flatMap((text) => givenAway(text, ALL)) }).toEqual({ [what]: [] });
  // What an agent has printed is raw and private: docs/architecture.md.
  const isRaw = (path: string): boolean => /\/agents\/[^/]+\/runs\/\d+\/(?:stdout\.ndjson|stderr\.log)/.test(path);
  const isState = (path: string): boolean => path.startsWith(join(own.home, 'state'));
  const found = filesBelow(own.home)
    .filter(({ path }) => !isRaw(path))
    .flatMap(({ path, text }) => {
      const secrets = isState(path) ? ALL.filter(({ name }) => !KEPT_IN_STATE.includes(name)) : ALL;
      return givenAway(text, secrets).map((trace) => `${path.slice(own.home.length)} ${trace}`);
    });
  expect(found).toEqual([]);
  // The search finds what is there: raw in the agents' own files, or kept on purpose.
  const everywhere = filesBelow(own.home)
    .map(({ text }) => text)
    .join('\n');
  const missed = ALL.filter((secret) => givenAway(everywhere, [secret]).length === 0);
  expect(missed.map(({ name }) => name)).toEqual(['stray']);
});

/** Of the shell that ran `start`, by name; all else comes from the ecosystem file. */
const PASSED_ON =
  /^(?:PATH|HOME|LANG|LC_.*|TERM|TZ|USER|SHELL|TMPDIR|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_.*)$/;
const OWN = ['AGENTVISOR_RUN', 'AGENTVISOR_AGENT', 'DISABLE_AUTOUPDATER'];
/** A shell writes these into its own environment. */
const SHELLS = ['PWD', 'OLDPWD', 'SHLVL', '_'];

test('agents, shims, what tells people and the commands it runs have the variables of the list and no other', async () => {
  const all = await scene();
  const { own, av, avWith, told } = all;
  const foreign = {
    CLAUDECODE: '1',
    CLAUDE_CODE_SESSION_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    ANTHROPIC_BASE_URL: 'http://x',
    FOREIGN: 'x',
  };
  expect(await avWith({ env: foreign }, 'start')).toBe(0);
  const declared: Readonly<Record<string, readonly string[]>> = {
    ada: ['STAND_IN_SCRIPT', 'STAND_IN_SPEED', 'CLAUDE_CODE_OAUTH_TOKEN'],
    cyd: ['STAND_IN_SCRIPT', 'STAND_IN_SPEED', 'CLAUDE_CODE_OAUTH_TOKEN'],
    // Its command is a shell, which adds its folder.
    dan: [
      'PWD',
      'STAND_IN_SCRIPT',
      'STAND_IN_SPEED',
      'ANTHROPIC_API_KEY',
      'PASSED_ON_SECRET',
      'FILED_SECRET',
      'LITERAL_SECRET',
    ],
  };
  for (const [name, variables] of Object.entries(declared)) {
    const pids = bearersUnder(join(own.home, 'agents', name));
    expect(pids.length, name).toBeGreaterThan(1);
    for (const pid of pids) expect(beyondTheList(environmentOf(pid), variables), name).toEqual([]);
    // Nothing that was declared is missing.
    const { pid } = await own.row(name);
    expect(Object.keys(environmentOf(pid ?? 0))).toEqual(
      expect.arrayContaining([...variables, 'AGENTVISOR_RUN', 'PATH']),
    );
  }
  expect(await av('send', 'bob', 'question', '--wait')).toBe(0);
  await expect.poll(told, { timeout: 10_000 }).not.toBe('');
  const notified = readFileSync(join(own.dir, 'told-env'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('='));
  expect(
    notified
      .map((line) => line.slice(0, line.indexOf('=')))
      .filter((name) => !PASSED_ON.test(name) && ![...OWN, ...SHELLS].includes(name)),
  ).toEqual([]);
});

const beyondTheList = (environment: Readonly<Record<string, string>>, declared: readonly string[]): readonly string[] =>
  Object.keys(environment).filter((name) => !PASSED_ON.test(name) && ![...OWN, ...declared].includes(name));
