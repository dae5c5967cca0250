import { describe, expect, test } from 'vitest';
import { explain } from '../../src/kernel/explain.ts';
import { WINDOWS_ENOUGH, attemptOffsets, type SeenWindow } from '../../src/kernel/inspection.ts';
import { WINDOWS_KEPT_MAX } from '../../src/kernel/seen-windows.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Gate } from '../../src/kernel/trouble.ts';
import { ADA, agentIn } from './fleet-of.ts';
import { latch, play, S, submit, weather, type Played } from './short-history.ts';
import { ask, closes, HOUR_MS, MINUTE_MS, opens, type Act } from './timeline.ts';

/** Attempts at times that earlier windows have taught. */

const adaptive = (name: string): AgentSpec => ({
  ...ADA,
  name,
  auth: { ...ADA.auth, quiet: { ...ADA.auth.quiet, strategy: 'adaptive', jitter: 0 } },
});
const [ANN, BEN, CAT] = [adaptive('ann'), adaptive('ben'), adaptive('cat')] as const;

const knows = (seenWindows: readonly SeenWindow[]): Act => ({
  at: 0,
  act: (model) => {
    model.fleet = { ...model.fleet, seenWindows };
  },
});

const many = (count: number): readonly SeenWindow[] =>
  Array.from({ length: count }, (_, index) => ({ incident: `earlier-${index}`, shutMs: 290 * S, openMs: 310 * S }));

const OPENS = 10 * S;
/** Open before anybody is asked. */
const window = (lastsMs: number): readonly Act[] => [opens(OPENS - 1, 'max'), closes(OPENS + lastsMs, 'max')];
const asked = ask(OPENS, 'ann');

const attemptsAt = ({ attempts }: Played): readonly number[] => attempts.map(({ at }) => at - OPENS);
const seenIn = ({ model }: Played): readonly Omit<SeenWindow, 'incident'>[] =>
  (model.fleet.seenWindows ?? []).map(({ shutMs, openMs }) => ({ shutMs, openMs }));
const gateIn = ({ model }: Played): Gate | undefined => Object.values(model.fleet.incidents)[0]?.gates['max'];

describe('an adaptive quiet time', () => {
  test('is the schedule until enough windows were seen', () => {
    const played = play([ANN], 6 * MINUTE_MS, knows(many(WINDOWS_ENOUGH - 1)), asked, ...window(HOUR_MS));
    expect(attemptsAt(played).slice(0, 5)).toEqual([0, 20 * S, 60 * S, 140 * S, 300 * S]);
  });

  test('is learned from them then, and counts from the begin of the incident', () => {
    const seen = many(WINDOWS_ENOUGH);
    const played = play([ANN], HOUR_MS, knows(seen), asked, ...window(40 * MINUTE_MS));
    const offsets = attemptOffsets(seen, ANN.auth.quiet) ?? [];
    const [first, ...later] = attemptsAt(played);
    expect(first).toBe(0);
    expect(later).toEqual(offsets.slice(0, later.length));
    expect(later.length).toBeGreaterThan(5);
  });

  test('holds for its whole incident, whatever is seen meanwhile', () => {
    const learn: Act = { ...knows(many(60)), at: 6 * MINUTE_MS };
    const played = play([ANN], 20 * MINUTE_MS, knows(many(20)), learn, asked, ...window(HOUR_MS));
    expect(gateIn(played)?.learned?.windows).toBe(20);
  });

  test('goes on with the longest pause where the plan ends', () => {
    const played = play([ANN], 12 * HOUR_MS, knows(many(20)), asked, ...window(24 * HOUR_MS));
    const [last = 0, before = 0] = attemptsAt(played).toReversed();
    expect(last).toBeGreaterThan(9 * HOUR_MS);
    expect(last - before).toBe(30 * MINUTE_MS);
  });

  test('is never shorter than `min`, also where an attempt has taken long', () => {
    const early: readonly SeenWindow[] = many(30).map((one) => ({ ...one, shutMs: 10 * S, openMs: 30 * S }));
    const played = play([ANN], 10 * MINUTE_MS, knows(early), asked, ...window(HOUR_MS));
    const times = attemptsAt(played).slice(1);
    for (const [index, at] of times.entries()) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(20 * S);
  });

  test('that jitter makes shorter is followed by the next one, not by the same again', () => {
    const seen = many(30);
    const eager = { ...ANN, auth: { ...ANN.auth, quiet: { ...ANN.auth.quiet, jitter: 0.2 } } };
    const rolls: Act = { at: 0, act: (model) => void (model.roll = 0) };
    const played = play([eager], HOUR_MS, rolls, knows(seen), asked, ...window(HOUR_MS));
    const offsets = attemptOffsets(seen, ANN.auth.quiet) ?? [];
    const times = attemptsAt(played).slice(1);
    expect(times.length).toBeGreaterThan(10);
    let before = 0;
    for (const [index, at] of times.entries()) {
      const pauseMs = Math.max(20 * S, Math.round(((offsets[index] ?? 0) - before) * 0.8));
      expect(at).toBe(before + pauseMs);
      before = at;
    }
  });

  test('says nothing of a silence: that waits for the schedule', () => {
    const minutes = Array.from({ length: 60 }, (_, minute) => minute * MINUTE_MS);
    const mute = minutes.map((at): Act => ({ at, act: (model) => void model.speechless.add('ann') }));
    const again = submit(9 * S, { type: 'restart-asked', agent: 'ann', how: 'now', reason: null });
    const played = play([ANN], HOUR_MS, knows(many(50)), ...mute, again, asked);
    const gates = played.incidents.flatMap((incident) => Object.values(incident.gates));
    expect(gates.some(({ delayMs }) => delayMs > 0)).toBe(true);
    expect(gates.filter(({ learned }) => learned !== undefined)).toEqual([]);
  });

  test('is explained', () => {
    const played = play([ANN], 2 * MINUTE_MS, knows(many(33)), asked, ...window(HOUR_MS));
    const { fleet, moment } = played.model;
    expect(explain(fleet, agentIn(fleet, 'ann'), moment).next).toMatch(
      /^The next attempt on this credential is at \S+Z, a time learned from the lengths of 33 earlier windows\.$/,
    );
  });

  test('survives that its incident turns out to be part of another one', () => {
    const paused = (at: number, is: boolean): Act => submit(at, { type: 'paused', agent: 'ann', paused: is });
    const played = play(
      [ANN, BEN, CAT],
      20 * MINUTE_MS,
      knows(many(30)),
      // Only ann is rejected, in every new process, while cat is answered: her session, with a plan of its own.
      paused(9 * S, true),
      latch(9 * S, 'ann', 'auth'),
      weather(9 * S, 'ann', 'auth'),
      asked,
      ask(OPENS + 1, 'cat'),
      paused(OPENS + 2, false),
      // Then ben, so much later that it is another session at first, and then a window.
      opens(OPENS + 70 * S, 'max'),
      ask(OPENS + 70 * S, 'ben'),
    );
    const [known] = Object.values(played.model.fleet.incidents);
    expect(played.incidents.some(({ mergedInto }) => mergedInto === known?.id)).toBe(true);
    expect(known?.gates['max']?.learned?.windows).toBe(30);
  });
});

describe('the length of a window', () => {
  test('lies between the last rejection and the process that was answered', () => {
    expect(seenIn(play([ADA], 10 * MINUTE_MS, ask(OPENS, 'ada'), ...window(100 * S)))).toEqual([
      { shutMs: 60 * S, openMs: 140 * S },
    ]);
  });

  test('is not noted when the first attempt was answered', () => {
    expect(seenIn(play([ADA], MINUTE_MS, latch(9 * S, 'ada', 'auth'), ask(OPENS, 'ada')))).toEqual([]);
  });

  test('is noted once for all who were in it', () => {
    const acts = [ask(OPENS, 'ann'), ask(OPENS, 'ben'), ask(OPENS, 'cat'), ...window(100 * S)];
    expect(seenIn(play([ANN, BEN, CAT], 10 * MINUTE_MS, ...acts))).toEqual([{ shutMs: 60 * S, openMs: 140 * S }]);
  });

  test('is longer when those who follow were rejected again', () => {
    const acts = [ask(OPENS, 'ann'), ask(OPENS, 'ben'), ask(OPENS, 'cat'), ...window(100 * S)];
    const [again] = seenIn(
      play(
        [ANN, BEN, CAT],
        20 * MINUTE_MS,
        ...acts,
        opens(OPENS + 140 * S + 100, 'max'),
        closes(OPENS + 300 * S, 'max'),
      ),
    );
    expect(again?.shutMs).toBeGreaterThan(140 * S);
  });

  test('has no end that anybody saw when all were stopped in it', () => {
    const stop = submit(OPENS + 70 * S, { type: 'desired', agent: 'ada', desired: 'down' });
    expect(seenIn(play([ADA], 10 * MINUTE_MS, ask(OPENS, 'ada'), ...window(HOUR_MS), stop))).toEqual([
      { shutMs: 60 * S, openMs: null },
    ]);
  });

  test('has no end when its secret was replaced in it, whatever the new one does', () => {
    const played = play(
      [ADA],
      10 * MINUTE_MS,
      ask(OPENS, 'ada'),
      ...window(100 * S),
      submit(OPENS + 65 * S, {
        type: 'credential-changed',
        credential: 'max',
        fingerprint: 'ffff0000',
        byPerson: true,
      }),
    );
    expect(seenIn(played)).toEqual([{ shutMs: 60 * S, openMs: null }]);
  });

  test('says nothing while a person is waited for', () => {
    const acts = [weather(9 * S, 'ada', 'credential'), latch(9 * S, 'ada', 'credential'), ask(OPENS, 'ada')];
    const stop = submit(OPENS + 70 * S, { type: 'desired', agent: 'ada', desired: 'down' });
    expect(seenIn(play([ADA], 10 * MINUTE_MS, ...acts, stop))).toEqual([]);
    const mended = weather(OPENS + 70 * S, 'ada', 'fine');
    expect(seenIn(play([ADA], 2 * HOUR_MS, ...acts, mended))).toEqual([]);
  });

  test('is kept of the newest only', () => {
    const played = play([ADA], 10 * MINUTE_MS, knows(many(WINDOWS_KEPT_MAX)), ask(OPENS, 'ada'), ...window(100 * S));
    const seen = played.model.fleet.seenWindows ?? [];
    expect(seen).toHaveLength(WINDOWS_KEPT_MAX);
    expect([seen[0]?.incident, seen.at(-1)?.shutMs]).toEqual(['earlier-1', 60 * S]);
  });

  test('is not there in a fleet that has seen none, as in one of an older daemon', () => {
    expect('seenWindows' in play([ADA], MINUTE_MS, ask(OPENS, 'ada')).model.fleet).toBe(false);
  });
});
