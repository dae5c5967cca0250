import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuthReport } from '../../src/protocol/auth-rows.ts';
import { emptyBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, QUIET, tokenEnding, tokenFile } from './seen.ts';

const HOUR_MS = 3_600_000;
const TOKEN_ENDING = 'AAAA';
/** Nobody's; long enough to be found wherever it came out. */
const KEY = `sk-ant-api03-${'m4rker'.repeat(15)}`;

/** Two agents whose token is read from a file and that have not been asked yet. */
async function twoOnFile(bin: string, agent: Record<string, unknown> = {}): Promise<RealBox> {
  const fleet = await emptyBox();
  await startReal(fleet, bin, {
    credentials: { max: tokenFile(fleet, 'token', TOKEN_ENDING) },
    defaults: { credential: 'max', ...QUIET, ...agent },
    agents: [{ name: 'ada' }, { name: 'bob' }],
  });
  return fleet;
}

/** How `auth --check` ends, and what it says; nobody's token is in any of it. */
async function check(fleet: RealBox): Promise<AuthReport & { readonly code: number | null }> {
  const { code, stdout } = await fleet.av('auth', '--check', '--json');
  const people = await fleet.av('auth');
  for (const text of [stdout, people.stdout, people.stderr]) {
    expect(text).not.toContain(tokenEnding(TOKEN_ENDING).slice(13));
    expect(text).not.toContain(KEY.slice(13));
  }
  return { code, ...(JSON.parse(stdout) as AuthReport) };
}

const held =
  (fleet: RealBox) =>
  (name: string): Promise<unknown> =>
    fleet.until(name, ({ health }) => health === 'held');

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a token is unproven before the first good answer, works behind it, and is dead when it was revoked', async () => {
      const fleet = await twoOnFile(bin);
      const before = await check(fleet);
      expect(before).toMatchObject({ code: 11, credentials: [{ verdict: 'unproven', lastGood: null }] });
      expect(
        before.agents.map(({ tokenSource, confirmed, isDeclared, seenIn }) => [
          tokenSource,
          confirmed,
          isDeclared,
          seenIn,
        ]),
      ).toEqual(['ada', 'bob'].map(() => ['CLAUDE_CODE_OAUTH_TOKEN', true, true, 'process']));

      await ask(fleet, 'ada', 'first');
      const after = await check(fleet);
      expect(after).toMatchObject({ code: 0, credentials: [{ verdict: 'works', lastGood: { agent: 'ada' } }] });
      expect(after.agents[0]).toMatchObject({ apiKeySource: 'none', confirmed: true, verdict: 'works' });

      fleet.api.setScript({ faults: [{ when: { token: TOKEN_ENDING }, do: { api: '403revoked' } }] });
      await Promise.all(['ada', 'bob'].map((name) => fleet.ok('send', name, 'question')));
      await Promise.all(['ada', 'bob'].map(held(fleet)));
      expect(await check(fleet)).toMatchObject({ code: 1, credentials: [{ verdict: 'dead' }] });
      expect(await fleet.ok('list')).toContain('max is dead');
    });

    test('an open window is an incident, and over when it has closed', async () => {
      const fleet = await twoOnFile(bin);
      await ask(fleet, 'ada', 'first');
      fleet.api.setScript({ faults: [{ when: { window: 'outage' }, do: { api: '401' } }] });
      fleet.api.openWindow('outage');
      const answered = Promise.all(['ada', 'bob'].map((name) => ask(fleet, name, `question of ${name}`)));
      await fleet.until('ada', ({ health }) => health === 'quiet');
      expect(await check(fleet)).toMatchObject({ code: 13, credentials: [{ verdict: 'window' }] });
      fleet.api.closeWindow('outage');
      await answered;
      expect(await check(fleet)).toMatchObject({ code: 0, credentials: [{ verdict: 'works' }] });
    });

    test('a declared key and a declared login are confirmed by what the process says of them', async () => {
      const fleet = await emptyBox();
      const folder = join(fleet.dir, 'login');
      mkdirSync(folder, { mode: 0o700 });
      const login = {
        accessToken: tokenEnding('CCCC'),
        refreshToken: `sk-ant-ort01-${'r'.repeat(95)}`,
        subscriptionType: 'max',
        scopes: ['user:inference', 'user:profile'],
        expiresAt: Date.now() + HOUR_MS,
      };
      const endsAt = Date.now() + 20 * 24 * HOUR_MS;
      const text = JSON.stringify({ claudeAiOauth: { ...login, refreshTokenExpiresAt: endsAt } });
      writeFileSync(join(folder, '.credentials.json'), text, { mode: 0o600 });
      writeFileSync(join(fleet.dir, 'key'), KEY, { mode: 0o600 });
      await startReal(fleet, bin, {
        credentials: {
          key: { type: 'api-key', from: { file: join(fleet.dir, 'key') } },
          mine: { type: 'stored-login', configDir: folder },
        },
        agents: [
          { name: 'ada', credential: 'key' },
          { name: 'bob', credential: 'mine' },
        ],
      });
      await Promise.all(['ada', 'bob'].map((name) => ask(fleet, name, `question of ${name}`)));
      const { code, agents, credentials } = await check(fleet);
      expect(agents).toMatchObject([
        { source: { kind: 'api-key' }, isDeclared: true, confirmed: true, apiKeySource: 'ANTHROPIC_API_KEY' },
        { source: { kind: 'stored-login' }, isDeclared: true, apiKeySource: 'none' },
      ]);
      expect(credentials).toMatchObject([
        { name: 'key', verdict: 'works', endsAt: null },
        { name: 'mine', verdict: 'works', fingerprint: null, endsAt: new Date(endsAt).toISOString() },
      ]);
      expect({ code, incidents: await fleet.incidents() }).toEqual({ code: 0, incidents: [] });
    });

    test('a stray key of `env` wins over the token, which is told before anybody asks anything', async () => {
      const fleet = await emptyBox();
      const file = fleet.write({
        credentials: { max: tokenFile(fleet, 'token', TOKEN_ENDING) },
        defaults: {
          credential: 'max',
          claude: { bin },
          env: {
            ANTHROPIC_BASE_URL: fleet.api.url,
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
            ANTHROPIC_API_KEY: KEY,
          },
        },
        agents: [{ name: 'ada', cwd: './ada' }],
      });
      await fleet.av('start', file);
      await held(fleet)('ada');
      const { code, agents, credentials } = await check(fleet);
      expect(code).toBe(13);
      expect(agents[0]).toMatchObject({
        source: { name: 'ANTHROPIC_API_KEY', where: 'ANTHROPIC_API_KEY of `env`' },
        isDeclared: false,
        confirmed: false,
        tokenSource: 'ANTHROPIC_API_KEY',
      });
      expect(credentials[0]?.verdict).toBe('incident');
      expect((await fleet.incidents()).map(({ scope, cause }) => `${scope} ${cause}`)).toEqual(['config config']);
      expect(fleet.api.requests.filter(({ kind }) => kind === 'main')).toEqual([]);
    });
  });
}
