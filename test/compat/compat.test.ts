import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadState } from '../../src/home/journal.ts';
import { readHistory, readIncidents } from '../../src/home/records.ts';
import { explain } from '../../src/kernel/explain.ts';
import { step } from '../../src/kernel/step.ts';
import { decodeRequest, decodeResponse } from '../../src/protocol/frames.ts';
import { PARAMS } from '../../src/protocol/params.ts';
import { mismatch } from '../../src/protocol/shape.ts';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { box } from '../box.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { agentIn } from '../kernel/fleet-of.ts';

/**
 * What daemons of earlier versions have left and said, made by `make.ts`, and what today's make of it. In each of them ada was
 * latched and brought back, and bob is in trouble, with one message that failed and one that waits.
 */
const FIXTURES = join(import.meta.dirname, 'fixtures');
const STAND_IN = join(import.meta.dirname, '../../examples/stand-in/claude.mjs');

const versions = readdirSync(FIXTURES);

test('there are fixtures of the commits that changed the state', () => {
  expect(versions.length).toBeGreaterThanOrEqual(5);
  const made = versions.map((version) => readFileSync(join(FIXTURES, version, 'made-from.txt'), 'utf8').split(' ')[0]);
  expect(new Set(made).size).toBe(versions.length);
});

describe.each(versions)('%s', (version) => {
  const read = (file: string): string => readFileSync(join(FIXTURES, version, file), 'utf8');
  const rows = JSON.parse(read('list.json')) as readonly AgentRow[];

  test('snapshot and journal give what its daemon last told', () => {
    const home = homeOf(version, temporaryFolder());
    const { fleet, damage, seq } = loadState(home);
    expect(damage).toEqual([]);
    expect(seq).toBeGreaterThan(50);
    const shown = Object.values(fleet.agents).map(({ spec, desired, session, counts, queue }) => ({
      name: spec.name,
      desired,
      sessionId: session.id,
      restarts: counts.restarts,
      texts: queue.map(({ text }) => text),
    }));
    const texts: Readonly<Record<string, readonly string[]>> = { ada: [], bob: ['for ever', 'waits'] };
    expect(shown).toEqual(
      rows.map(({ name, desired, sessionId, restarts }) => ({
        name,
        desired,
        sessionId,
        restarts,
        texts: texts[name],
      })),
    );
    const moment = { ...(fleet.seen ?? expect.fail('it has seen something')), roll: 0.5 };
    expect(() => step(fleet, { type: 'tick' }, moment)).not.toThrow();
    expect(explain(fleet, agentIn(fleet, 'bob'), moment).is).toMatch(/^bob is /);
  });

  test('history and incidents are read: one was closed by an answer of ada, one of bob is open', () => {
    const home = homeOf(version, temporaryFolder());
    const said = readHistory(home, 'ada').map(({ event }) => event);
    expect(said).toEqual(expect.arrayContaining(['declared', 'ready', 'incident-opened', 'recovered', 'adopted']));
    const [first, second] = readIncidents(home);
    expect(first).toMatchObject({ agents: ['ada'], receipt: { agent: 'ada' }, closedAt: expect.any(String) });
    expect(second).toMatchObject({ agents: ['bob'], closedAt: null });
  });

  test('what was asked of its daemon is taken by today’s, and what that answered is understood', () => {
    const lines = read('frames.ndjson').trim().split('\n');
    const kinds = lines.map((line, index) => {
      const bytes = Buffer.from(line);
      if (index % 2 === 1) return decodeResponse(bytes).kind;
      const request = decodeRequest(bytes);
      if (request.kind !== 'request') return request.kind;
      const shape = Object.entries(PARAMS).find(([method]) => method === request.method)?.[1];
      return shape === undefined ? request.method : (mismatch(request.params, shape) ?? 'good');
    });
    expect(kinds.filter((_, index) => index % 2 === 0)).toEqual(['hello', ...Array.from({ length: 8 }, () => 'good')]);
    expect(kinds.filter((_, index) => index % 2 === 1)).toEqual(
      ['hello', 'ping', 'status', 'list', 'incidents', 'events', 'describe', 'nobody', 'subscribe'].map((what) =>
        what === 'nobody' ? 'error' : 'result',
      ),
    );
    const refusal = decodeResponse(Buffer.from(lines[15] ?? ''));
    expect(refusal).toMatchObject({ kind: 'error', error: { code: 'no-such-agent' } });
  });

  test(
    'today’s daemon goes on with it: the same conversations, and what waited is answered',
    { timeout: 60_000 },
    async () => {
      const own = box();
      homeOf(version, own.dir, own.home);
      mkdirSync(join(own.dir, 'bin'));
      copyFileSync(STAND_IN, join(own.dir, 'bin/claude.mjs'));
      chmodSync(join(own.dir, 'bin/claude.mjs'), 0o755);
      writeFileSync(join(own.dir, 'script.json'), '{}');
      const offline = await own.av('list', '--json');
      expect(offline.code).toBe(3);
      const file = own.write({
        credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
        defaults: {
          credential: 'max',
          claude: { bin: join(own.dir, 'bin/claude.mjs') },
          env: { STAND_IN_SCRIPT: join(own.dir, 'script.json'), STAND_IN_SPEED: '50' },
        },
        agents: [{ name: 'ada' }, { name: 'bob' }].map((agent) => ({ ...agent, cwd: `./${agent.name}` })),
      });
      await own.ok('start', file);
      expect(await own.until('bob', ({ queued, inTurn }) => queued === 0 && !inTurn)).toMatchObject({
        health: 'healthy',
      });
      const results = own.stdout('bob').flatMap((line) => (line.includes('"type":"result"') ? [JSON.parse(line)] : []));
      // A declaration that has more options by now renews the process, which interrupts its turn.
      const answers = (results as readonly { result?: string }[]).flatMap(({ result }) => result ?? []);
      expect(answers).toEqual(['answer to: for ever', 'answer to: waits']);
      expect((await own.incidents()).filter(({ closedAt }) => closedAt === null)).toEqual([]);
    },
  );
});

/** The fixture in a home of its own; its paths lead to `folder`. */
function homeOf(version: string, folder: string, home = join(folder, 'home')): string {
  const from = join(FIXTURES, version, 'state');
  mkdirSync(join(home, 'state'), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(from)) {
    if (!name.includes('.')) continue;
    writeFileSync(join(home, 'state', name), readFileSync(join(from, name), 'utf8').replaceAll('/srv/fixture', folder));
  }
  return home;
}
