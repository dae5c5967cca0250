import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import { explain } from '../../src/kernel/explain.ts';
import { runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { step } from '../../src/kernel/step.ts';
import { ADA, agentIn, at, fleetOf, uuidOf } from './fleet-of.ts';
import { brokenInvariants } from './invariants.ts';

const BOB = { ...ADA, name: 'bob' };
const TOLD: Event = { type: 'notify-declared', file: ADA.file ?? '', channels: [{ command: ['page-me'] }] };

/** What a list of events makes of two agents that are down. */
function after(...events: readonly Event[]): { readonly fleet: Fleet; readonly commands: readonly Command[] } {
  let fleet = fleetOf(ADA, BOB);
  const all: Command[] = [];
  for (const [index, event] of events.entries()) {
    const { fleet: next, commands } = step(fleet, event, at(index));
    expect(brokenInvariants(next, at(index))).toEqual([]);
    fleet = next;
    all.push(...commands);
  }
  return { fleet, commands: all };
}

const up = (agent: string): Event => ({ type: 'desired', agent, desired: 'up' });
const found = (agent: string, run: string): Event => ({ type: 'run-found', agent, run });
const damaged: Event = { type: 'state-damaged', what: ['one file', 'another'], lastRun: 40 };
const safeMode = (on: boolean): Event => ({ type: 'safe-mode', on, why: '5 crashes' });

const recordsOf = (commands: readonly Command[], event: string): readonly string[] =>
  commands.flatMap((command) =>
    command.type === 'record' && command.event === event ? [`${command.agent}: ${command.detail}`] : [],
  );
const notices = (commands: readonly Command[]): readonly string[] =>
  commands.flatMap((command) => (command.type === 'notice' ? [command.notice.text] : []));

describe('a state that was damaged', () => {
  test('stands in every history, and people are told once', () => {
    const { commands } = after(TOLD, damaged);
    expect(recordsOf(commands, 'state-damaged')).toEqual(['ada: one file; another', 'bob: one file; another']);
    expect(notices(commands)).toEqual([expect.stringContaining('one file; another')]);
  });

  test('takes no number anew that a run on the disk has', () => {
    const { fleet } = after(damaged, up('ada'));
    expect(Number(runOf(agentIn(fleet).state)?.id)).toBeGreaterThan(40);
    // A state that is ahead of the disk stays so.
    expect(after(damaged, { ...damaged, lastRun: 3 }, up('ada')).fleet.sequence).toBeGreaterThan(40);
  });
});

describe('a process that nobody remembers', () => {
  test('is known before anybody decides, so that who is due is not started beside it; without damage nothing is told', () => {
    const start = after(up('ada'), up('bob'));
    const due = ['ada', 'bob'].reduce((fleet, agent) => {
      const run = runOf(agentIn(fleet, agent).state)?.id ?? '';
      return step(fleet, { type: 'spawn-failed', agent, run, detail: 'no room' }, at(2)).fleet;
    }, start.fleet);
    const lost = [
      { agent: 'ada', run: '000030' },
      { agent: 'bob', run: '000031' },
    ];
    const event = { type: 'state-damaged', what: [], lastRun: 31, found: lost } as const;
    const { fleet, commands } = step(due, event, at(60_000));
    expect(lost.map(({ agent }) => runOf(agentIn(fleet, agent).state)?.id)).toEqual(['000030', '000031']);
    expect(commands.filter(({ type }) => type === 'spawn')).toEqual([]);
    expect(recordsOf(commands, 'state-damaged')).toEqual([]);
  });

  test('is taken over by its agent, whatever that was thought to be, and no second one is started', () => {
    const { fleet, commands } = after(found('ada', '000030'));
    expect(agentIn(fleet)).toMatchObject({
      desired: 'up',
      state: { at: 'starting', run: { id: '000030', adopted: true } },
    });
    expect(commands.filter(({ type }) => type === 'spawn')).toEqual([]);
    expect(recordsOf(commands, 'found')).toEqual(['ada: ']);
  });

  test('takes the place of an older one, whose message goes back to the queue', () => {
    const events: readonly Event[] = [
      up('ada'),
      { type: 'spawned', agent: 'ada', run: '000003', shimPid: 7, shimStart: '1', fingerprint: null },
      {
        type: 'heard',
        agent: 'ada',
        run: '000003',
        offset: 1,
        fact: { fact: 'initialized', tokenSource: null },
        late: false,
      },
      { type: 'message', agent: 'ada', id: uuidOf('m'), text: 'hello' },
    ];
    expect(agentIn(after(...events).fleet).turn).not.toBeNull();
    const { fleet } = after(...events, found('ada', '000009'));
    expect(agentIn(fleet)).toMatchObject({ turn: null, state: { at: 'starting', run: { id: '000009' } } });
    expect(agentIn(fleet).queue.map(({ state }) => state)).toEqual(['queued']);
  });

  test('is nothing new when it is known, older than the one that is known, or of an agent that is not', () => {
    const known = after(up('ada'), up('bob')).fleet;
    for (const event of [found('ada', '000003'), found('ada', '000001'), found('eve', '000009')])
      expect(step(known, event, at(9)).fleet.agents).toEqual(known.agents);
  });
});

describe('safe mode', () => {
  test('leaves all agents as they are, tells people once, and says why', () => {
    const { fleet, commands } = after(TOLD, safeMode(true), safeMode(true));
    expect(fleet.safeMode).toMatchObject({ why: '5 crashes', agents: ['ada', 'bob'] });
    expect(Object.values(fleet.agents).map(({ paused }) => paused)).toEqual([true, true]);
    expect(recordsOf(commands, 'paused')).toEqual(['ada: safe mode: 5 crashes', 'bob: safe mode: 5 crashes']);
    expect(notices(commands)).toEqual([expect.stringContaining('safe mode: 5 crashes')]);
  });

  test('ends with all going on but those that a person has paused or deleted', () => {
    const paused: Event = { type: 'paused', agent: 'bob', paused: true };
    const { fleet, commands } = after(paused, safeMode(true), safeMode(false));
    expect(fleet.safeMode).toBeNull();
    expect(Object.values(fleet.agents).map((agent) => agent.paused)).toEqual([false, true]);
    expect(recordsOf(commands, 'resumed')).toEqual(['ada: safe mode has ended']);
    const without = after(safeMode(true), { type: 'deleted', agent: 'ada' }, safeMode(false)).fleet;
    expect(Object.keys(without.agents)).toEqual(['bob']);
    expect(after(safeMode(false)).fleet.safeMode).toBeNull();
  });

  test('does not spawn again what a daemon may have crashed of', () => {
    const never: Event = { type: 'never-spawned', agent: 'ada', run: '000003' };
    const { fleet, commands } = after(up('ada'), safeMode(true), never);
    expect(agentIn(fleet).state).toMatchObject({ at: 'waiting' });
    expect(commands.filter(({ type }) => type === 'spawn')).toHaveLength(1);
    const resumed = step(fleet, { type: 'paused', agent: 'ada', paused: false }, at(9));
    expect(resumed.commands.filter(({ type }) => type === 'spawn')).toHaveLength(1);
  });

  test('is what explain tells of those whom it has paused', () => {
    const { fleet } = after(safeMode(true));
    expect(explain(fleet, agentIn(fleet), at(9)).next).toContain('safe mode: 5 crashes');
  });

  test('keeps no verb from what it is for, and lets one agent go on alone', () => {
    const { fleet, commands } = after(safeMode(true), up('ada'), { type: 'paused', agent: 'bob', paused: false });
    expect(commands.filter(({ type }) => type === 'spawn')).toHaveLength(1);
    expect(Object.values(fleet.agents).map(({ paused }) => paused)).toEqual([true, false]);
  });
});
