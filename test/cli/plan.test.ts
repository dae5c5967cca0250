import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/kernel/fleet.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { step } from '../../src/kernel/step.ts';
import { changedKeys, planOf } from '../../src/protocol/plan.ts';
import { ADA, agentIn, at, fleetOf } from '../kernel/fleet-of.ts';

const FILE = '/srv/ecosystem.ts';

/** An agent as it was declared, starting. */
function started(spec: AgentSpec): Agent {
  return agentIn(step(fleetOf(spec), { type: 'desired', agent: spec.name, desired: 'up' }, at(0)).fleet, spec.name);
}

const plan = (agents: readonly Agent[], specs: readonly AgentSpec[], prune = false) =>
  planOf(agents, { file: FILE, agents: specs, credentials: [], prune }).map(({ name, change, detail }) =>
    [name, change, detail].filter((part) => part !== '').join(' '),
  );

describe('a plan', () => {
  test('tells who is new and who stays as it is', () => {
    expect(plan([started(ADA)], [ADA, { ...ADA, name: 'bob' }])).toEqual(['ada same', 'bob new']);
  });

  test('names what changed by its path, and whether that costs a restart', () => {
    const opus: AgentSpec = { ...ADA, claude: { ...ADA.claude, model: 'sonnet' } };
    expect(plan([started(ADA)], [opus])).toEqual(['ada changed claude.model; it is restarted']);
    const patient: AgentSpec = {
      ...ADA,
      stop: { ...ADA.stop, killTimeoutMs: 1 },
      restart: { ...ADA.restart, crashesMax: 9 },
    };
    expect(plan([started(ADA)], [patient])).toEqual(['ada changed restart.crashesMax, stop.killTimeoutMs']);
  });

  test('shows no value of an environment, nor its name', () => {
    const changed = plan([started({ ...ADA, env: { OLD: 'old' } })], [{ ...ADA, env: { NEW: 'secret' } }]);
    expect(changed).toEqual(['ada changed env (values are not shown); it is restarted']);
  });

  test('tells of an agent that is down that it is started', () => {
    expect(plan([agentIn(fleetOf(ADA))], [ADA])).toEqual(['ada same it is down and is started']);
  });

  test('leaves alone what the file says is disabled', () => {
    expect(plan([], [{ ...ADA, enabled: false }])).toEqual(['ada disabled it is declared with enabled: false']);
  });

  test('keeps what stands no longer in the file, unless it is to be pruned', () => {
    const agents = [started(ADA), started({ ...ADA, name: 'bob' })];
    expect(plan(agents, [ADA])).toEqual(['ada same', 'bob kept it stands no longer in the file; --prune removes it']);
    expect(plan(agents, [ADA], true)).toEqual(['ada same', 'bob removed it stands no longer in the file']);
  });

  test('never removes an agent of another file or of none', () => {
    const agents = ['/srv/other.ts', null].map((file, index) => started({ ...ADA, name: `x${index}`, file }));
    expect(plan(agents, [], true)).toEqual([]);
  });

  test('refuses the names that a start refuses', () => {
    expect(() => plan([], [{ ...ADA, name: 'constructor' }])).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

test('what says the same in another order is no change', () => {
  const turned = Object.fromEntries(Object.entries(ADA).toReversed());
  expect(changedKeys(ADA, turned)).toEqual([]);
  expect(changedKeys({ ...ADA, env: { A: '1', B: '2' } }, { ...ADA, env: { B: '2', A: '1' } })).toEqual([]);
  expect(changedKeys({ ...ADA, envPass: ['A', 'B'] }, { ...ADA, envPass: ['B', 'A'] })).toEqual(['envPass']);
});
