import { describe, expect, test } from 'vitest';
import { recordOf, type Rotation } from '../../src/kernel/ledger.ts';
import { ADA, agentIn } from './fleet-of.ts';
import type { Files } from './secret-files.ts';
import {
  at,
  filesFound,
  filesRefuse,
  filesTake,
  habits,
  pause,
  restart,
  resume,
  rotates,
  spawnFailed,
  start,
  stop,
  undoes,
  type Act,
} from './scenario.ts';
import { crew, during, opens, perform, quietCrew, sendAll, sendTo, settled } from './story.ts';
import type { World } from './world.ts';

/** What seldom happens while a secret is replaced, each in the shortest history in which it does. */

const TWO = crew(2);
const THREE = crew(3);
const OLD = 'ab12cd34';
const NEW = 'ffff0000';
const LATER = 'eeee0000';
const BAD = during('bad', '401expired', { when: { token: NEW } });

function rotationIn({ fleet }: World): Rotation {
  const { rotation } = recordOf(fleet, 'max');
  if (rotation === null) throw new Error('there is none');
  return rotation;
}

const filesIn = ({ files }: World): Files => files.of('max', null);
const givenTo = ({ fleet }: World): readonly (string | null)[] =>
  Object.values(fleet.agents).map(({ fingerprint }) => fingerprint);

/** Somebody works on the files by hand. */
const byHand =
  (change: Partial<Files>): Act =>
  (world) =>
    void Object.assign(world.files.of('max', OLD), change);

const changes =
  (fingerprint: string): Act =>
  (world) =>
    world.submit({ type: 'credential-changed', credential: 'max', fingerprint, byPerson: true });

const isReplaced =
  (fingerprint: string): Act =>
  (world) => {
    world.fingerprints.set('max', fingerprint);
    byHand({ current: fingerprint })(world);
    changes(fingerprint)(world);
  };

/** A new daemon cannot read what the files hold. */
const cannotRead = (): Act => (world) =>
  world.submit({
    type: 'rotation-found',
    credential: 'max',
    rotation: rotationIn(world).id,
    next: null,
    current: null,
    previous: null,
    problem: 'permission denied',
  });

const stageAt =
  (seen: string[]): Act =>
  (world) =>
    void seen.push(rotationIn(world).stage);

describe('what is left of files', () => {
  test('the old secret of a rotation that was not settled goes when the next one is undone', () => {
    const world = perform('2m', { agents: quietCrew(2) }, [
      ...settled(quietCrew(2)),
      at('10s', rotates(NEW)),
      at('1m', rotates(LATER), undoes()),
    ]);
    expect([rotationIn(world).stage, filesIn(world)]).toEqual(['undone', { next: null, current: NEW, previous: null }]);
  });

  test('a new secret that nobody knows goes when another one cannot be staged', () => {
    const world = perform('2m', { agents: TWO }, [
      ...settled(TWO),
      at('10s', byHand({ next: LATER }), filesRefuse('no space left'), rotates(NEW)),
      at('20s', filesRefuse(null)),
    ]);
    expect([rotationIn(world).why, rotationIn(world).stage, filesIn(world).next]).toEqual([
      'no space left',
      'undone',
      null,
    ]);
  });

  test('the first secret of all is staged or not, and nothing is retired for it', () => {
    const first = (...acts: readonly Act[]): World =>
      perform('1m', { agents: TWO }, [
        ...settled(TWO),
        at('9s', byHand({ current: null }), ...acts),
        at('10s', rotates(NEW)),
      ]);
    expect(rotationIn(first()).stage).toBe('done');
    expect(recordOf(first().fleet, 'max').retired).toEqual([]);
    expect(rotationIn(first(filesRefuse('no space left'))).stage).toBe('undone');
  });
});

describe('files that cannot be read', () => {
  test('undo nothing that is tried', () => {
    const world = perform('1m', { agents: TWO }, [...settled(TWO), at('10s', rotates(NEW)), at('10.1s', cannotRead())]);
    expect([rotationIn(world).stage, givenTo(world)]).toEqual(['done', [NEW, NEW]]);
  });

  test('leave open whether the new secret was written: it is removed before it is called undone', () => {
    const stages: string[] = [];
    const world = perform('1m', { agents: TWO }, [
      ...settled(TWO),
      at('10s', filesTake(null), rotates(NEW)),
      at('11s', byHand({ next: NEW }), cannotRead(), stageAt(stages), filesTake(20)),
    ]);
    expect([...stages, rotationIn(world).stage, filesIn(world).next]).toEqual(['undoing', 'undone', null]);
  });

  test('do not show that the new secret is gone, nor that the old one is', () => {
    const stages: string[] = [];
    perform('2m', { agents: quietCrew(2), faults: [] }, [
      ...settled(quietCrew(2)),
      at('10s', rotates(NEW), filesTake(null)),
      at('11s', undoes(), cannotRead(), stageAt(stages), filesTake(20)),
      at('50s', stageAt(stages), rotates(LATER)),
      at('1m 50s', cannotRead(), stageAt(stages)),
    ]);
    expect(stages).toEqual(['undoing', 'undone', 'settling']);
  });

  test('are no reason to remove the old secret before all have answered on the new one', () => {
    const world = perform('3m', { agents: quietCrew(2) }, [
      ...settled(quietCrew(2)),
      at('10s', rotates(NEW)),
      at('1m', cannotRead()),
    ]);
    expect([rotationIn(world).stage, filesIn(world).previous]).toEqual(['settling', OLD]);
  });
});

describe('what a person does to the files', () => {
  test('without the new secret nothing can take its place: all go back', () => {
    const world = perform('1m', { agents: TWO }, [
      ...settled(TWO),
      at('10s', rotates(NEW)),
      at('10.5s', filesTake(null)),
      at('20s', byHand({ next: null }), filesTake(20), filesFound()),
    ]);
    expect([rotationIn(world).why, rotationIn(world).stage]).toEqual(['/run/token.next is gone', 'undone']);
    expect(givenTo(world)).toEqual([OLD, OLD]);
  });

  test('who is given another secret than the one that it was sent for is the last who is sent', () => {
    const world = perform('1m', { agents: TWO }, [
      ...settled(TWO),
      at('10s', rotates(NEW)),
      at('10.1s', byHand({ next: null })),
    ]);
    expect(rotationIn(world)).toMatchObject({
      stage: 'undone',
      why: 'ada was given another secret: /run/token.next is gone',
    });
    expect(agentIn(world.fleet, 'bob').counts.restarts).toBe(0);
  });

  test('a change that was changed again is not brought to anybody else, the next one is', () => {
    const restarts: number[] = [];
    const world = perform('1m', { agents: TWO }, [
      ...settled(TWO),
      at('10s', (now) => void now.fingerprints.set('max', LATER), changes(NEW)),
      at('20s', (now) => void restarts.push(agentIn(now.fleet, 'bob').counts.restarts), changes(LATER)),
    ]);
    expect([...restarts, ...givenTo(world)]).toEqual([0, LATER, LATER]);
  });

  test('the old secret is not kept for those who have a third one by then', () => {
    const world = perform('2m', { agents: quietCrew(2) }, [
      ...settled(quietCrew(2)),
      at('10s', rotates(NEW)),
      at('40s', filesTake(null), isReplaced(LATER), isReplaced('dddd0000')),
      at('50s', filesTake(20), filesFound()),
    ]);
    expect([rotationIn(world).stage, filesIn(world).previous]).toEqual(['done', null]);
  });

  test('once the new one is undone, those who had not even the old one get that', () => {
    const world = perform('2m', { agents: THREE, faults: [BAD] }, [
      ...settled(THREE),
      at('9s', opens('bad')),
      at('10s', isReplaced(LATER), rotates(NEW)),
    ]);
    expect([rotationIn(world).stage, ...givenTo(world)]).toEqual(['undone', LATER, LATER, LATER]);
  });

  test('a new secret that somebody has been answered on, however it got it, needs no other trial', () => {
    const stages: string[] = [];
    const slow = { when: { token: NEW, contains: 'Reply' }, do: { delayMs: 20_000 } };
    const world = perform('2m', { agents: TWO, faults: [slow] }, [
      ...settled(TWO),
      at('10s', rotates(NEW)),
      at('11s', (now) => void now.fingerprints.set('max', NEW), restart('bob')),
      at('13s', stageAt(stages), sendTo('bob', 2)),
      at('15s', stageAt(stages)),
    ]);
    expect([...stages, rotationIn(world).stage]).toEqual(['trying', 'rolling', 'done']);
  });

  test('a secret that is in its place by hand is brought to all who have not got it yet', () => {
    const world = perform('2m', { agents: THREE }, [
      ...settled(THREE),
      at('10s', rotates(NEW)),
      at('10.1s', byHand({ next: null, current: NEW }), (now) => void now.fingerprints.set('max', NEW), filesFound()),
    ]);
    expect([rotationIn(world).stage, ...givenTo(world)]).toEqual(['done', NEW, NEW, NEW]);
  });
});

describe('who takes a new secret', () => {
  test('and is paused in its trial is asked nothing more, and goes back when it is resumed', () => {
    const given: (string | null)[] = [];
    const world = perform('2m', { agents: TWO, faults: [BAD] }, [
      ...settled(TWO),
      at('9s', opens('bad')),
      at('10s', rotates(NEW)),
      at('10.4s', pause('ada')),
      at('30s', sendTo('ada', 2)),
      at('1m', (now) => void given.push(...givenTo(now), agentIn(now.fleet).queue[0]?.state ?? ''), resume('ada')),
    ]);
    expect(given).toEqual([NEW, OLD, 'queued']);
    expect([...givenTo(world), agentIn(world.fleet).queue.length, world.fleet.incidents]).toEqual([OLD, OLD, 0, {}]);
  });

  test('and is rejected while it is paused and about to go back is in no trouble', () => {
    const slowly = { ...BAD, do: { ...BAD.do, delayMs: 5_000 } };
    const world = perform('2m', { agents: TWO, faults: [slowly] }, [
      ...settled(TWO),
      at('9s', opens('bad')),
      at('10s', rotates(NEW)),
      at('12s', pause('ada')),
    ]);
    expect([agentIn(world.fleet).recovery, agentIn(world.fleet).fingerprint]).toEqual([null, NEW]);
    expect([rotationIn(world).stage, world.fleet.incidents]).toEqual(['undone', {}]);
  });

  test('is waited for until it is known which one it was given', () => {
    const world = perform('1m', { agents: TWO }, [
      ...settled(TWO),
      at('10s', rotates(NEW)),
      at('10.3s', stop('ada')),
      at('10.6s', habits({ spawned: 5_000 }), start('ada'), habits({ spawned: 20 })),
    ]);
    const steps = rotationIn(world).steps.map(({ step, agent }) => (agent === null ? step : `${step} ${agent}`));
    expect(steps.slice(-3)).toEqual(['proven ada', 'promoted', 'done']);
    expect(givenTo(world)).toEqual([NEW, NEW]);
  });

  test('keeps its turn when it is told again that the secret has changed', () => {
    const states: string[] = [];
    const world = perform('1m', { agents: THREE }, [
      ...settled(THREE),
      at('10s', isReplaced(NEW)),
      at('10.1s', changes(NEW), (now) => void states.push(agentIn(now.fleet, 'bob').state.at)),
    ]);
    expect([...states, ...givenTo(world)]).toEqual(['running', NEW, NEW, NEW]);
  });

  test('and fails with it in a window makes no dead credential of that, and the others wait on by their schedule', () => {
    const outage = during('outage', '401', { when: { token: OLD } });
    const world = perform('3m', { agents: THREE, faults: [BAD, outage] }, [
      ...settled(THREE),
      at('10s', opens('outage'), opens('bad'), sendAll(THREE, 2)),
      at('20s', rotates(NEW)),
    ]);
    expect([rotationIn(world).stage, ...givenTo(world)]).toEqual(['undone', OLD, OLD, OLD]);
    const [incident] = Object.values(world.fleet.incidents);
    expect([
      incident?.cause,
      ...Object.values(world.fleet.agents).map(({ recovery }) => recovery?.stage),
    ]).not.toContain('held');
    expect(incident?.cause).toBe('auth-window');
  });
});

describe('a changed secret that an agent cannot be started with', () => {
  const restartsOf = ({ fleet }: World, name: string): number => agentIn(fleet, name).counts.restarts;
  const toldOf =
    (told: unknown[], ...names: readonly string[]): Act =>
    (world) =>
      void told.push(...names.map((name) => restartsOf(world, name)));

  test('is brought to the others once it was: a folder that was missing for a moment keeps it from nobody', () => {
    const world = perform('1m', { agents: THREE }, [
      ...settled(THREE),
      at('10s', habits({ spawned: null }), isReplaced(NEW)),
      at('11s', spawnFailed('there is no such folder'), habits({ spawned: 20 })),
    ]);
    expect(givenTo(world)).toEqual([NEW, NEW, NEW]);
    expect(recordOf(world.fleet, 'max').roll).toBeNull();
  });

  test('goes on to the others at once when another one runs on it: what fails is that agent alone', () => {
    const told: unknown[] = [];
    const world = perform('1m', { agents: THREE }, [
      ...settled(THREE),
      at('9s', (now) => void now.fingerprints.set('max', NEW), restart('bob')),
      at('10s', habits({ spawned: null }), changes(NEW)),
      at('11s', spawnFailed('there is no such folder'), habits({ spawned: 20 })),
      at('11.5s', (now) => void told.push(agentIn(now.fleet).state.at), toldOf(told, 'cyd')),
    ]);
    expect(told).toEqual(['waiting', 1]);
    expect(givenTo(world)).toEqual([NEW, NEW, NEW]);
  });

  test('costs nobody else a process for as long as that goes on, and goes on to the next one when a person stops it', () => {
    const told: unknown[] = [];
    const agents = crew(3, { restart: { ...ADA.restart, when: 'never' } });
    const world = perform('3h', { agents }, [
      ...settled(agents),
      at('10s', habits({ spawned: null }), isReplaced(NEW)),
      at('11s', spawnFailed('the file cannot be read'), habits({ spawned: 20 })),
      at('2h', toldOf(told, 'bob', 'cyd'), stop('ada')),
    ]);
    expect(told).toEqual([0, 0]);
    expect(givenTo(world).slice(1)).toEqual([NEW, NEW]);
  });

  test('is asked a proof for however late the agent starts, before anybody else takes it', () => {
    const told: unknown[] = [];
    const world = perform('2h', { agents: THREE, faults: [BAD] }, [
      ...settled(THREE),
      at('10s', opens('bad'), habits({ spawned: null }), isReplaced(NEW)),
      ...['11s', '13s', '16s', '21s', '30s'].map((when) => at(when, spawnFailed('the file cannot be read'))),
      at('1m', habits({ spawned: 20 })),
      at('40m', toldOf(told, 'bob', 'cyd')),
    ]);
    expect(told).toEqual([0, 0]);
    expect(givenTo(world)).toEqual([NEW, OLD, OLD]);
  });

  test('is brought to nobody because a rotation begins: that brings its own', () => {
    const told: unknown[] = [];
    perform('1m', { agents: THREE }, [
      ...settled(THREE),
      at('10s', habits({ spawned: null }), isReplaced(LATER)),
      at('11s', spawnFailed('the file cannot be read')),
      at('11.1s', filesTake(null), rotates(NEW)),
      at('11.5s', toldOf(told, 'bob', 'cyd'), habits({ spawned: 20 })),
    ]);
    expect(told).toEqual([0, 0]);
  });
});
