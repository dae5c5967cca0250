import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { recordOf } from '../../src/kernel/ledger.ts';
import { renewalOf } from '../../src/kernel/secret-deadlines.ts';
import { wall } from '../../src/kernel/moment.ts';
import { MAX, START_WALL } from './fleet-of.ts';
import {
  at,
  daemonDies,
  declare,
  endsOnDay,
  note,
  notify,
  play,
  start,
  stop,
  suspends,
  tick,
  wallJumps,
} from './scenario.ts';
import { crew, declareCredential, named, notices, quietCrew } from './story.ts';

const ONE = quietCrew(1);
const DAY_MS = 86_400_000;
const up = (...names: readonly string[]) => at('1s', ...names.map((name) => start(name)));

describe('what people are told of the end of a secret', () => {
  notices('of a token that nobody replaces: five times', '1000h', { agents: crew(3) }, [
    at('0s', notify()),
    up('ada', 'bob', 'cyd'),
    at('2s', endsOnDay(30)),
  ]);

  notices('of a token that is replaced: of the new one again', '1000h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(15)),
    at('200h', note('another one, of which nothing is known'), endsOnDay(null)),
    at('300h', endsOnDay(32)),
  ]);

  notices('of an end that is near when it is first seen: the nearest time alone', '24h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(2)),
  ]);

  notices('of an end that is over when it is first seen: that alone', '48h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(-3)),
  ]);

  notices('of a machine that slept over two of the times: the nearest one', '400h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(15)),
    at('100h', suspends('200h')),
  ]);

  notices('of a daemon that was down for days: the nearest time, once', '400h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(16)),
    at('24h', daemonDies()),
    at('330h', note('a new daemon looks'), tick(), endsOnDay(16)),
    at('331h', endsOnDay(16)),
  ]);

  notices('of a clock that is set back: nothing twice', '100h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(14)),
    at('10h', wallJumps(-1, '48h')),
    at('11h', tick()),
    at('20h', wallJumps(1, '96h')),
  ]);

  notices('of a login that moves its end by some hours: not again', '100h', { agents: ONE }, [
    at('0s', notify()),
    up('ada'),
    at('2s', endsOnDay(10)),
    at('8h', endsOnDay(10.3)),
  ]);

  notices('of a channel that is declared late, and of agents that come up late: then', '10h', { agents: ONE }, [
    at('1s', endsOnDay(10)),
    at('1h', note('nobody is up'), notify()),
    at('2h', start()),
    at('3h', stop()),
    at('4h', note('nobody uses it any more'), endsOnDay(2)),
  ]);

  notices('of two files: each of its own credential', '10h', { agents: [] }, [
    at('0s', notify(), notify('/srv/other.ts', 'page-them'), declareCredential('spare')),
    at('0s', declare(named('ada')), declare(named('bob', { file: '/srv/other.ts', credentials: ['spare'] }))),
    up('ada', 'bob'),
    at('2s', endsOnDay(1, 'spare'), endsOnDay(7)),
  ]);
});

test('the host is woken for the next time of an end, by the wall clock, and not for one that nobody is told of', () => {
  const moves = [at('1s', start()), at('2s', endsOnDay(20))];
  expect(nextDeadline(play('5s', moves).fleet).wall).toBeNull();
  const heard = play('5s', [at('0s', notify()), ...moves]);
  expect(nextDeadline(heard.fleet).wall).toBe(START_WALL + 6 * DAY_MS);
  const over = play('5s', [at('0s', notify()), at('1s', start()), at('2s', endsOnDay(-1))]);
  expect(nextDeadline(over.fleet).wall).toBeNull();
});

test('what a daemon kept that knew of no ends is read as it is', () => {
  const { fleet } = play('5s', [at('1s', start())]);
  const { deadline: _, ...old } = {
    ...recordOf(fleet, 'max'),
    dead: [{ fingerprint: 'old', at: wall(START_WALL) }],
  };
  const ledger = { max: old } as unknown as typeof fleet.ledger;
  expect(recordOf({ ledger }, 'max')).toMatchObject({ deadline: null, dead: [{ fingerprint: 'old' }] });
  expect(nextDeadline({ ...fleet, ledger }).wall).toBeNull();
});

test('what is to be done fits where the secret comes from', () => {
  expect(renewalOf('max', { ...MAX, type: 'stored-login', from: null })).toBe('Sign in again: agentvisor login max');
  expect(renewalOf('max', { ...MAX, from: { env: 'T' } })).toContain('export it as T and run: agentvisor start FILE');
  expect(renewalOf('max', { ...MAX, from: { command: ['pass'] } })).toContain('where its command finds it');
  for (const spec of [{ ...MAX, from: { file: '/t' } }, undefined])
    expect(renewalOf('max', spec)).toBe(
      'Make another token: agentvisor login max; or bring one that you have: agentvisor rotate max',
    );
});
