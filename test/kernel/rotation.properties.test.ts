import { describe, expect, test } from 'vitest';
import { runOf, type Agent, type Fleet } from '../../src/kernel/fleet.ts';
import { isOver, isRotating, recordOf, usersOf, type Rotation } from '../../src/kernel/ledger.ts';
import { CREDENTIALS } from './cast.ts';
import { frozenStep } from './fleet-of.ts';
import { rotationHistory } from './histories.ts';
import type { Model } from './model.ts';
import { live, type HistoryMove } from './moves.ts';
import { claim, holds, played, recordsIn, type Watch } from './play.ts';
import type { Seen } from './seen.ts';

/** What holds of the replacement of a secret, whatever else happens. */

const NAMES = CREDENTIALS.map(({ name }) => name);

const rotationOf = (fleet: Fleet, credential: string): Rotation | null => recordOf(fleet, credential).rotation;

/** From now on everything obliges; what agents are in trouble for is over. */
function oblige(model: Model): void {
  model.api.clear();
  model.weather.clear();
  model.mute.clear();
  model.speechless.clear();
  model.unstartable.clear();
  for (const process of model.processes) {
    process.api = 'fine';
    process.hangs = false;
    process.rssBytes = 0;
  }
}

const HALF_A_DAY_MS = 12 * 60 * 60_000;

/** Long enough for every schedule. */
function liveOn(model: Model): void {
  const until = model.now + HALF_A_DAY_MS;
  for (let round = 0; round < 150 && model.now < until; round += 1) live(model, 1);
}

/** Somebody has something to do for everybody who is up. */
function sendToAll(model: Model): void {
  for (const { spec, desired } of Object.values(model.fleet.agents))
    if (spec.mode === 'stream' && desired === 'up') model.send(spec.name);
}

const isReplacedByHand = (moves: readonly HistoryMove[]): boolean => moves.some((move) => move.do === 'rotate');

/** The files hold one secret, and whoever runs has it. */
function isInPlace(model: Model, credential: string, isByHand: boolean): void {
  const { next, current, previous } = model.api.filesOf(credential);
  expect([next, previous], `${credential} has one secret`).toEqual([null, null]);
  for (const { spec, state, fingerprint } of usersOf(model.fleet, credential)) {
    const keeps = spec.rotate.onChange === 'hold' && isByHand;
    if (state.at === 'running' && !keeps) expect(fingerprint, spec.name).toBe(current);
  }
}

/** Everybody who is up is given something to do, twice: what the one answer makes possible is shown by the next. */
function work(model: Model): void {
  for (let times = 0; times < 2; times += 1) {
    sendToAll(model);
    liveOn(model);
  }
}

/** A person sees to all that waits for one. */
function seeTo(model: Model): void {
  for (const { spec, recovery, paused } of Object.values(model.fleet.agents)) {
    const agent = spec.name;
    if (paused) model.submit({ type: 'paused', agent, paused: false });
    if (recovery !== null) model.submit({ type: 'restart-asked', agent, how: 'now', reason: null });
  }
}

describe('when everything obliges from some point on', () => {
  test('every rotation ends, or waits for an agent that a person has to see to, and ends when one has', () => {
    holds(rotationHistory, (moves) => {
      let taken = 0;
      const model = played(moves, (seen) => void (taken += takers(seen).length));
      const rotating = NAMES.filter((name) => rotationOf(model.fleet, name) !== null);
      oblige(model);
      taken = 0;
      liveOn(model);
      work(model);
      // Each is sent for a new secret, and perhaps back for the old one; nobody again and again.
      expect(taken).toBeLessThanOrEqual(2 * Object.keys(model.fleet.agents).length);
      const isOpen = Object.values(model.fleet.agents).some(({ recovery, paused }) => recovery !== null || paused);
      if (isOpen) {
        seeTo(model);
        work(model);
      }
      for (const credential of rotating) {
        const rotation = rotationOf(model.fleet, credential);
        expect(rotation !== null && isOver(rotation), `${credential} is ${rotation?.stage}`).toBe(true);
        isInPlace(model, credential, isReplacedByHand(moves));
      }
    });
  });
});

const STOPS = new Set(['signal', 'interrupt', 'sweep', 'spawn']);

const isPrompt = ({ agents }: Fleet, name: string): boolean => agents[name]?.queue[0]?.origin === 'verify';

/** Its process has ended by itself, an operator has asked for something, or it has a trouble of its own. */
function hasReason({ event, before, after }: Seen, name: string): boolean {
  const agent = before.agents[name];
  const now = after.agents[name];
  if (agent === undefined || now === undefined || (agent.state.at !== 'running' && agent.state.at !== 'starting'))
    return true;
  const isAsked = 'agent' in event && event.agent === name && event.type !== 'heard' && event.type !== 'measured';
  const wish = agent.restart ?? now.restart;
  const isOwn =
    (wish !== null && wish.secret === undefined) || (now.state.at === 'stopping' && now.state.cause !== 'operator');
  return isAsked || isOwn || agent.recovery !== null || now.recovery !== null || now.desired === 'down';
}

describe('while a rotation is tried', () => {
  test('nobody is stopped or asked for it but the one who tries', () => {
    holds(rotationHistory, (moves) => {
      played(moves, (seen) => {
        for (const credential of NAMES) {
          const { rotation, roll } = recordOf(seen.after, credential);
          if (rotation?.stage !== 'trying' || rotationOf(seen.before, credential)?.stage !== 'trying') continue;
          const before = recordOf(seen.before, credential).roll?.taking;
          for (const command of seen.commands) {
            if (!('agent' in command)) continue;
            const { agent: name } = command;
            if (seen.after.agents[name]?.spec.credentials[0] !== credential) continue;
            const isOfIt = STOPS.has(command.type) || (command.type === 'deliver' && isPrompt(seen.after, name));
            const isIt = name === roll?.taking || name === before;
            claim(
              !isOfIt || isIt || hasReason(seen, name),
              `${name} at ${seen.event.type}: ${JSON.stringify(command)}`,
            );
          }
        }
      });
    });
  });

  test('a dead secret is given to nobody but to those who try, and is nobody’s trouble who was well', () => {
    holds(rotationHistory, (moves) => {
      const dead = new Set<string>();
      const tried = new Set<string>();
      const wasWell = new Set<string>();
      const model = played(
        moves.filter((move) => move.do !== 'kill-secret'),
        (seen, { api }) => {
          const { event, before, after } = seen;
          if (event.type === 'rotate-asked' && api.isDead(event.to)) dead.add(event.to);
          // Nobody was there to try it.
          for (const { rotation } of Object.values(after.ledger))
            if (rotation?.stage === 'promoting' && rotation.proven.length === 0) dead.delete(rotation.to);
          for (const { agent, detail } of recordsIn(seen, 'rotation')) {
            if (!detail.startsWith('it takes')) continue;
            tried.add(agent);
            if (before.agents[agent]?.recovery === null) wasWell.add(agent);
            else wasWell.delete(agent);
          }
          for (const [name, agent] of Object.entries(after.agents)) {
            const isNew = agent.fingerprint !== before.agents[name]?.fingerprint;
            if (isNew && agent.fingerprint !== null && dead.has(agent.fingerprint))
              claim(tried.has(name), `${name} was given ${agent.fingerprint}`);
            const isTroubled = agent.recovery !== null && before.agents[name]?.recovery === null;
            const said = event.type === 'heard' && event.agent === name ? event.fact : null;
            const isCredential = said?.fact === 'turn-ended' && said.failure?.kind === 'credential';
            claim(
              !isTroubled || !isCredential || !dead.has(agent.fingerprint ?? ''),
              `${name} is in trouble for ${agent.fingerprint}`,
            );
          }
        },
      );
      expect(model.fleet.format).toBe(1);
    });
  });
});

/** What falls due for somebody in the moment in which something is heard falls due without it, too. */
const byTheClock = ({ before, moment }: Seen): Fleet => frozenStep(before, { type: 'tick' }, moment).fleet;

/** It tries in an incident for others who wait: whatever it shows, its turn there is over, and the next one has it. */
function isBehind({ agents, incidents }: Fleet, agent: Agent | undefined, name: string): boolean {
  const recovery = agents[name]?.recovery ?? null;
  if (recovery === null || agent?.recovery?.incident !== recovery.incident) return false;
  return agent.recovery.gate === recovery.gate && incidents[recovery.incident]?.gates[recovery.gate]?.canary === name;
}

const isInSameTrouble = (one: Agent, other: Agent | undefined): boolean =>
  one.health === other?.health && one.recovery?.stage === other.recovery?.stage;

test('what one agent fails with while it tries a secret changes nothing for the others', () => {
  holds(rotationHistory, (moves) => {
    played(moves, (seen) => {
      const { before, after, event } = seen;
      for (const credential of NAMES) {
        const isFailed =
          rotationOf(before, credential)?.stage === 'trying' && rotationOf(after, credential)?.stage === 'undoing';
        const name = recordOf(before, credential).roll?.taking;
        if (!isFailed || event.type !== 'heard' || event.agent !== name) continue;
        const timed = byTheClock(seen);
        for (const agent of Object.values(after.agents)) {
          const { spec, health, recovery } = agent;
          const known = before.agents[spec.name];
          const isSame = isInSameTrouble(agent, known) || isInSameTrouble(agent, timed.agents[spec.name]);
          if (isBehind(before, known, name)) continue;
          const was = `it was ${known?.health} (${known?.recovery?.stage})`;
          claim(isSame || spec.name === name, `${spec.name} is ${health} (${recovery?.stage}), ${was}`);
        }
      }
    });
  });
});

/** Who has taken a secret in this step, and of which credential. */
const takers = (seen: Seen): readonly Agent[] =>
  recordsIn(seen, 'rotation')
    .filter(({ detail }) => detail.startsWith('it takes'))
    .flatMap(({ agent }) => seen.after.agents[agent] ?? []);

const mustAnswer = ({ spec }: Agent): boolean => spec.mode === 'stream' && spec.auth.verify.prompt !== false;

function oneAtATime(): Watch {
  /** Who has taken it, and the run that it had then. */
  const open = new Map<string, { readonly run: string | null; readonly until: number }>();
  return (seen) => {
    const { before, after, event, moment } = seen;
    for (const [name, { run, until }] of open) {
      const agent = after.agents[name];
      const now = agent === undefined ? null : runOf(agent.state);
      const isProven = now !== null && now.id !== run && now.answered;
      const isAsked =
        'agent' in event && event.agent === name && !['heard', 'spawned', 'pid-known', 'gone'].includes(event.type);
      if (agent === undefined || isProven || isAsked || agent.paused || agent.recovery !== null || moment.mono >= until)
        open.delete(name);
    }
    // Nobody has a process any more.
    if (before.seen?.boot !== moment.boot) open.clear();
    // Another secret is to be brought.
    if (['undo-asked', 'rotation-found', 'credential-changed'].includes(event.type)) open.clear();
    for (const agent of takers(seen)) {
      const { name } = agent.spec;
      const [credential = ''] = agent.spec.credentials;
      claim(before.agents[name]?.turn === null || after.agents[name]?.turn === null, `${name} is in no turn`);
      const roll = recordOf(after, credential).roll;
      for (const other of open.keys())
        claim(
          other === name || after.agents[other]?.spec.credentials[0] !== credential,
          `${name} takes it while ${other} does`,
        );
      const run = runOf(before.agents[name]?.state ?? agent.state)?.id ?? null;
      if (roll !== null && (mustAnswer(agent) || roll.trial)) open.set(name, { run, until: roll.until?.at ?? 0 });
    }
  };
}

describe('what an operator asks of a rotation', () => {
  test('is refused for a secret that was replaced before, and while another one is at the files', () => {
    holds(rotationHistory, (moves) => {
      played(moves, ({ before, after, event }) => {
        if (event.type !== 'rotate-asked') return;
        const known = recordOf(before, event.credential);
        const isRefused =
          isRotating(known) ||
          event.from === event.to ||
          known.retired.some(({ fingerprint }) => fingerprint === event.to);
        claim((rotationOf(after, event.credential)?.id === known.rotation?.id) === isRefused, JSON.stringify(event));
      });
    });
  });

  test('can be undone until the new secret takes the place of the old one, and not afterwards', () => {
    holds(rotationHistory, (moves) => {
      const last = new Map<string, string>();
      played(moves, ({ before, after, event }) => {
        for (const credential of NAMES) {
          const rotation = rotationOf(after, credential);
          if (rotation === null) continue;
          const was = last.get(rotation.id) ?? '';
          last.set(rotation.id, rotation.stage);
          if (rotation.stage === 'undoing' || rotation.stage === 'undone')
            claim(!['settling', 'done'].includes(was), `${rotation.id} was ${was}`);
          if (event.type !== 'undo-asked' || event.credential !== credential) continue;
          const mayBe = ['staging', 'trying', 'rolling'].includes(rotationOf(before, credential)?.stage ?? '');
          if (mayBe) claim(rotation.stage === 'undoing', `${rotation.id} is ${rotation.stage}`);
        }
      });
    });
  });
});

describe('a secret is brought to one agent after the other', () => {
  test('the next one takes it when the last one has answered, or is not to be waited for; nobody does so in a turn', () => {
    holds(rotationHistory, (moves) => void played(moves, oneAtATime()));
  });
});
