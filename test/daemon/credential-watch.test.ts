import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { changedByHand, CredentialWatch } from '../../src/daemon/credential-watch.ts';
import { Secrets } from '../../src/daemon/secrets.ts';
import type { Cause } from '../../src/kernel/causes.ts';
import type { WorldEvent } from '../../src/kernel/events.ts';
import type { Agent, Fleet } from '../../src/kernel/fleet.ts';
import type { Incident, Recovery } from '../../src/kernel/trouble.ts';
import type { CredentialSpec } from '../../src/kernel/spec.ts';
import { step } from '../../src/kernel/step.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, at, fleetOf, MAX } from '../kernel/fleet-of.ts';

const RECOVERY: Recovery = {
  incident: 'i1',
  gate: 'max',
  stage: 'held',
  attempts: 1,
  next: null,
  prompts: false,
  failedAt: at(0),
  since: at(0),
  failedRequestId: null,
  rejectedAt: null,
};

const INCIDENT: Incident = {
  id: 'i1',
  scope: 'credential',
  key: 'max',
  cause: 'auth-credential',
  openedAt: at(0),
  closedAt: null,
  mergedInto: null,
  agents: ['ada'],
  open: ['ada'],
  evidence: [],
  attempts: [],
  requestIds: [],
  recoveries: [],
  gates: {},
  failedAttempts: 1,
  idleMs: null,
  told: [],
};

type Trouble = { readonly cause?: Cause; readonly given?: string | null; readonly home?: string };

/** A fleet whose one agent was rejected with the secret `given`. */
function inTrouble(credential: CredentialSpec, { cause = 'auth-credential', given = 'old', home }: Trouble): Fleet {
  const calm = fleetOf(ADA);
  const ada: Agent = {
    ...agentIn(calm),
    desired: 'up',
    environment: home === undefined ? {} : { HOME: home },
    fingerprint: given === null ? null : fingerprint(given),
    recovery: RECOVERY,
  };
  return { ...calm, agents: { ada }, credentials: { max: credential }, incidents: { i1: { ...INCIDENT, cause } } };
}

type Watched = {
  readonly told: WorldEvent[];
  /** So many looks, one after the other. */
  readonly look: (times?: number) => Promise<void>;
  readonly become: (fleet: Fleet) => void;
};

function watching(first: Fleet): Watched {
  const told: WorldEvent[] = [];
  let fleet = first;
  const watch = new CredentialWatch({
    fleet: () => fleet,
    submit: async (event) => void told.push(event),
  });
  const look: Watched['look'] = async (times = 1) => {
    for (let n = 0; n < times; n++) await watch.check();
  };
  return { told, look, become: (next) => (fleet = next) };
}

const changed = (secret: string | null): WorldEvent => ({
  type: 'credential-changed',
  credential: 'max',
  fingerprint: secret === null ? null : fingerprint(secret),
  byPerson: secret !== null,
});

function tokenFile(text: string): { readonly path: string; readonly credential: CredentialSpec } {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, text, { mode: 0o600 });
  return { path, credential: { ...MAX, from: { file: path } } };
}

test('a file with another secret than the rejected one is told once, when two looks have found the same', async () => {
  const { path, credential } = tokenFile('old\n');
  const { told, look } = watching(inTrouble(credential, {}));
  await look(3);
  expect(told).toEqual([]);
  writeFileSync(path, 'new\n');
  await look();
  expect(told).toEqual([]);
  await look(3);
  expect(told).toEqual([changed('new')]);
});

test('a secret that was replaced while no daemon ran is told too', async () => {
  const { credential } = tokenFile('new');
  const { told, look } = watching(inTrouble(credential, {}));
  await look(3);
  expect(told).toEqual([changed('new')]);
});

test('a file that is still being written is not told before it rests', async () => {
  const { path, credential } = tokenFile('old');
  const { told, look } = watching(inTrouble(credential, {}));
  for (const text of ['n', 'ne', 'new', 'new-token']) {
    writeFileSync(path, text);
    await look();
  }
  expect(told).toEqual([]);
  await look();
  expect(told).toEqual([changed('new-token')]);
});

test.each([
  ['is empty', ''],
  ['holds only blanks', ' \n\t\n'],
  ['holds two lines', 'new\ntoken\n'],
  ['holds zeros, as after a crash of the machine', 'new\0\0\0'],
  ['is larger than any secret', 'x'.repeat(70_000)],
])('a file that %s is no change', async (_how, text) => {
  const { path, credential } = tokenFile('old');
  const { told, look } = watching(inTrouble(credential, {}));
  await look();
  writeFileSync(path, text);
  await look(3);
  expect(told).toEqual([]);
});

test('a file that is gone, a folder and a pipe in its place are no change, and hold nobody up', async () => {
  const { path, credential } = tokenFile('old');
  const { told, look } = watching(inTrouble(credential, {}));
  rmSync(path);
  await look(2);
  mkdirSync(path);
  await look(2);
  rmSync(path, { recursive: true });
  execFileSync('mkfifo', [path]);
  await look(2);
  expect(told).toEqual([]);
  rmSync(path);
  writeFileSync(path, 'new', { mode: 0o600 });
  await look(2);
  expect(told).toEqual([changed('new')]);
});

test('a secret that was put back and then replaced again is told again', async () => {
  const { path, credential } = tokenFile('new');
  const { told, look } = watching(inTrouble(credential, {}));
  await look(2);
  writeFileSync(path, 'old');
  await look(2);
  writeFileSync(path, 'new');
  await look(2);
  expect(told).toEqual([changed('new'), changed('new')]);
});

test('an agent that gets into the same trouble later with the old secret is told of the new one too', async () => {
  const { credential } = tokenFile('new');
  const first = inTrouble(credential, { given: 'new' });
  const { told, look, become } = watching(first);
  await look(3);
  expect(told).toEqual([]);
  const bob: Agent = { ...agentIn(first), id: 2, spec: { ...ADA, name: 'bob' }, fingerprint: fingerprint('old') };
  become({ ...first, agents: { ...first.agents, bob } });
  await look(3);
  expect(told).toEqual([changed('new')]);
});

test.each(['auth-session', 'auth-window', 'auth-credential'] as const)(
  'an incident by %s is looked after',
  async (cause) => {
    const { told, look } = watching(inTrouble(tokenFile('new').credential, { cause }));
    await look(2);
    expect(told).toEqual([changed('new')]);
  },
);

test('agents that are in no trouble are told of another secret in their file too, once', async () => {
  const { path, credential } = tokenFile('old');
  const capped = inTrouble(credential, { cause: 'capped' });
  const { told, look, become } = watching(capped);
  await look(2);
  become({ ...capped, agents: { ada: { ...agentIn(capped), recovery: null } } });
  await look(2);
  expect(told).toEqual([]);
  writeFileSync(path, 'new');
  await look(4);
  expect(told).toEqual([changed('new')]);
});

test('the own file of an agent that works on another credential is looked at, too, and what was there before is no news', async () => {
  const { path, credential } = tokenFile('dead');
  const calm = inTrouble(credential, { given: 'spare' });
  const fallback = { own: 'max', name: 'spare', returning: false, until: { clock: 'mono' as const, at: at(0).mono } };
  const { told, look } = watching({ ...calm, agents: { ada: { ...agentIn(calm), recovery: null, fallback } } });
  await look(3);
  expect(told).toEqual([]);
  writeFileSync(path, 'new');
  await look(3);
  expect(told).toEqual([changed('new')]);
});

test('a file that no agent would be started with is no change until it is closed', async () => {
  const { path, credential } = tokenFile('old');
  const { told, look } = watching(inTrouble(credential, {}));
  await look(2);
  writeFileSync(path, 'new');
  chmodSync(path, 0o644);
  await look(3);
  expect(told).toEqual([]);
  chmodSync(path, 0o600);
  await look(3);
  expect(told).toEqual([changed('new')]);
});

test('the file of an agent that is stopped is not looked at', async () => {
  const trouble = inTrouble(tokenFile('new').credential, {});
  const { told, look } = watching({ ...trouble, agents: { ada: { ...agentIn(trouble), desired: 'down' } } });
  await look(3);
  expect(told).toEqual([]);
});

test('a file that a rotation works on is left to it', async () => {
  const { credential } = tokenFile('new');
  const trouble = inTrouble(credential, {});
  const asked = { credential: 'max', source: '/run/token', from: 'a', to: 'b' };
  const { fleet } = step(trouble, { type: 'rotate-asked', ...asked }, { ...at(1), roll: 0.5 });
  const { told, look } = watching(fleet);
  await look(3);
  expect(told).toEqual([]);
});

test('a command is not run to see whether its secret has changed', async () => {
  const mark = join(temporaryFolder(), 'asked');
  const credential: CredentialSpec = { ...MAX, from: { command: ['touch', mark] } };
  const { told, look } = watching(inTrouble(credential, {}));
  await look(3);
  expect(told).toEqual([]);
  expect(() => rmSync(mark)).toThrow('ENOENT');
});

const LOGIN: CredentialSpec = { ...MAX, type: 'stored-login', from: null };

const login = (accessToken: string, beside: object = {}): string =>
  JSON.stringify({ claudeAiOauth: { accessToken, refreshToken: 'r' }, ...beside });

/** A HOME with a stored login. */
function loggedIn(): { readonly home: string; readonly path: string } {
  const home = temporaryFolder();
  const path = join(home, '.claude', '.credentials.json');
  mkdirSync(join(home, '.claude'));
  writeFileSync(path, login('old'));
  return { home, path };
}

test('a stored login that became another one while somebody was in trouble is told once, without a fingerprint', async () => {
  const { home, path } = loggedIn();
  const { told, look } = watching(inTrouble(LOGIN, { given: null, home }));
  await look(3);
  expect(told).toEqual([]);
  writeFileSync(path, login('new'));
  await look();
  expect(told).toEqual([]);
  await look(3);
  expect(told).toEqual([changed(null)]);
});

const MONTH_MS = 30 * 24 * 60 * 60 * 1_000;

/** A login as it is after a sign-in or a renewal: what it may be used for, and when it ends. */
const signIn = (accessToken: string, change: object = {}): string =>
  JSON.stringify({
    claudeAiOauth: {
      accessToken,
      subscriptionType: 'max',
      scopes: ['user:inference'],
      refreshTokenExpiresAt: MONTH_MS,
      ...change,
    },
  });

test.each([
  ['renewed by Claude Code', { refreshTokenExpiresAt: MONTH_MS + 8 * 60 * 60 * 1_000 }, []],
  ['one of a new sign-in', { refreshTokenExpiresAt: 2 * MONTH_MS }, [{ ...changed(null), byPerson: true }]],
  ['one of another account', { subscriptionType: 'team' }, [{ ...changed(null), byPerson: true }]],
])('a login that is %s is told of agents that are well only if a person did it', async (_how, change, expected) => {
  const { home, path } = loggedIn();
  writeFileSync(path, signIn('old'));
  const calm = inTrouble(LOGIN, { given: null, home });
  const { told, look } = watching({ ...calm, agents: { ada: { ...agentIn(calm), recovery: null } } });
  await look(2);
  writeFileSync(path, signIn('new', change));
  await look(3);
  expect(told).toEqual(expected);
});

test('a login in a folder of its own is looked at there', async () => {
  const { path, home } = loggedIn();
  const { told, look } = watching(inTrouble({ ...LOGIN, configDir: join(home, '.claude') }, { given: null }));
  await look(2);
  writeFileSync(path, login('new'));
  await look(2);
  expect(told).toEqual([changed(null)]);
});

test('a login that is half written, without a token, logged out, or next to one that was renewed is no change', async () => {
  const { home, path } = loggedIn();
  const { told, look } = watching(inTrouble(LOGIN, { given: null, home }));
  await look(2);
  for (const text of [login('new').slice(0, -4), login(''), '{}', 'null', login('old', { mcpOAuth: { token: 'x' } })]) {
    writeFileSync(path, text);
    await look(3);
  }
  rmSync(path);
  await look(3);
  expect(told).toEqual([]);
});

test('a login that comes where there was none is told', async () => {
  const { home, path } = loggedIn();
  rmSync(path);
  const { told, look } = watching(inTrouble(LOGIN, { given: null, home }));
  await look(2);
  writeFileSync(path, login('new'));
  await look(2);
  expect(told).toEqual([changed(null)]);
});

test('what a login became while nobody was in trouble is where the next trouble begins', async () => {
  const { home, path } = loggedIn();
  const trouble = inTrouble(LOGIN, { given: null, home });
  const { told, look, become } = watching(trouble);
  await look(2);
  become({ ...trouble, agents: { ada: { ...agentIn(trouble), recovery: null } } });
  await look(1);
  writeFileSync(path, login('new'));
  await look(2);
  become(trouble);
  await look(3);
  expect(told).toEqual([]);
});

test('the value of a variable is told by hand, when agents were given another one', () => {
  const secrets = new Secrets();
  const credential: CredentialSpec = { ...MAX, from: { env: 'MY_TOKEN' } };
  const fleet = inTrouble(credential, {});
  expect(changedByHand(fleet, [credential], secrets)).toEqual([]);
  secrets.keep({ MY_TOKEN: 'old' });
  expect(changedByHand(fleet, [credential], secrets)).toEqual([]);
  secrets.keep({ MY_TOKEN: 'new' });
  expect(changedByHand(fleet, [credential], secrets)).toEqual([changed('new')]);
  expect(changedByHand(fleet, [], secrets)).toEqual([changed('new')]);
  expect(changedByHand(inTrouble(credential, { given: null }), [credential], secrets)).toEqual([]);
});
