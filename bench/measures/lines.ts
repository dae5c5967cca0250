import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentProgram, type AgentPlan } from '../agents.ts';
import { ask } from '../ask.ts';
import type { Bench } from '../bench.ts';
import { Ear, makeFifo, tell } from '../fifo.ts';
import { inspect, type Inspected } from '../inspect.ts';
import { goalAtMost, type Goal, type Measure, type Row } from '../measure.ts';
import { agentvisor, homeIn, stdoutFiles } from '../peers/agentvisor.ts';
import type { Held, Peer } from '../peers/peer.ts';
import { endAll, cpuMs, named } from '../processes.ts';
import { plainEnv, run } from '../run.ts';
import { medianOf, ratioOf } from '../statistics.ts';
import { until } from '../until.ts';
import { openClient } from '../../src/client/client.ts';
import { LINE_BYTES } from '../agents/lines.mjs';

const MIB = 1024 * 1024;
const MS_MAX = 600_000;
const WRITTEN = 'agentvisor';
const HEARD = 'agentvisor, until its daemon has read all';
const FLOOR = '`child > file`';

/** One run of one peer; ms from the moment at which the agent began to write. */
type Flow = {
  /** Until all is written and in the file. */
  readonly doneMs: number;
  /** Until the daemon knows it, for who reads it. */
  readonly heardMs: number | null;
  /** Of the daemon; null where there is none. */
  readonly cpuMs: number | null;
  readonly inspected: Inspected;
};

export const lines: Measure = {
  id: 'lines',
  title: 'A gigabyte of lines',
  how: `1 GiB of lines of 1 KiB through one agent, with characters of one to four bytes, written as fast as it goes in pieces of 64 KiB that end in the
middle of lines and of characters. Until all of it stands in the file; agentvisor's daemon reads beside it, as a \`stream\` agent's. Afterwards each line
of the file is compared with what was written. The limits of the logs are set so that nothing is dropped on purpose.`,
  async run(bench) {
    const count = (bench.quick ? 64 : 1024) * (MIB / LINE_BYTES);
    const flows = new Map<string, Flow[]>();
    const turns = bench.quick ? 1 : 3;
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [who, flow] of flowsOf(bench)) {
        bench.say(`lines: ${who}, ${turn + 1} of ${turns}`);
        flows.set(who, [...(flows.get(who) ?? []), await flow(count)]);
      }
    }
    return resultOf(flows, count);
  },
};

type Run = (count: number) => Promise<Flow>;

const flowsOf = (bench: Bench): readonly (readonly [string, Run])[] => [
  [FLOOR, (count) => throughFile(bench, count)],
  ...bench.peers.map((peer): readonly [string, Run] =>
    peer.name === 'agentvisor'
      ? [peer.name, (count) => throughOwn(bench, peer, count)]
      : [peer.name, (count) => throughPeer(bench, peer, count)],
  ),
];

/** The floor: nobody but the child and the file. */
async function throughFile(bench: Bench, count: number): Promise<Flow> {
  const { folder, ear, trigger, program } = prepare(bench, count);
  const file = join(folder, 'file');
  const output = openSync(file, 'a');
  const child = spawn(program[0], { env: plainEnv(folder), cwd: folder, stdio: ['ignore', output, 'ignore'] });
  closeSync(output);
  try {
    await ear.next((said) => said.startsWith('ready '));
    tell(trigger, 'begin');
    const { at, begunAt } = await hearWritten(ear);
    return { doneMs: at - begunAt, heardMs: null, cpuMs: null, inspected: inspect([file], count) };
  } finally {
    const left = child.pid === undefined ? null : named(child.pid);
    if (left !== null) await endAll([left]);
    ear.close();
    rmSync(folder, { recursive: true });
  }
}

async function throughPeer(bench: Bench, peer: Peer, count: number): Promise<Flow> {
  const { folder, ear, trigger, program } = prepare(bench, count);
  const held = bench.hold(peer, folder, [{ name: 'agent', argv: program }]);
  try {
    await beginAll(held, ear);
    const file = held.log('agent');
    const before = cpuMs([held.daemon()]);
    const written = hearWritten(ear);
    tell(trigger, 'begin');
    const isThere = (): boolean => existsSync(file) && statSync(file).size >= count * LINE_BYTES;
    const at = await until('all lines are in the file', isThere, { everyMs: 5, msMax: MS_MAX });
    const used = cpuMs([held.daemon()]) - before;
    const { begunAt } = await written;
    // Characters that became others take more bytes: the last ones may be on their way.
    await sleep(500);
    return { doneMs: at - begunAt, heardMs: null, cpuMs: used, inspected: inspect([file], count) };
  } finally {
    await held.end();
    ear.close();
    rmSync(folder, { recursive: true });
  }
}

/** Its agent is told by a message; that the turn is over is known when all before has been read. */
async function throughOwn(bench: Bench, { version }: Peer, count: number): Promise<Flow> {
  const { folder, ear, program, due } = prepare(bench, count, false);
  const peer = agentvisor(version, { log: { maxSize: '4GB', total: '8GB' } });
  const held = bench.hold(peer, folder, [{ name: 'agent', argv: program, mode: 'stream' }]);
  try {
    await beginAll(held, ear);
    writeFileSync(due, '');
    const client = openClient(homeIn(folder));
    const before = cpuMs([held.daemon()]);
    const written = hearWritten(ear);
    await ask(client, 'begin');
    const heardAt = performance.now();
    const used = cpuMs([held.daemon()]) - before;
    const { at, begunAt } = await written;
    client.close();
    return {
      doneMs: at - begunAt,
      heardMs: heardAt - begunAt,
      cpuMs: used,
      inspected: inspect(stdoutFiles(held.log('agent')), count),
    };
  } finally {
    await held.end();
    ear.close();
    rmSync(folder, { recursive: true });
  }
}

/** When the agent had written all, and when it had begun, by what it says itself. */
async function hearWritten(ear: Ear): Promise<{ readonly at: number; readonly begunAt: number }> {
  const { text, at } = await ear.next((said) => said.startsWith('wrote '), MS_MAX);
  return { at, begunAt: at - Number(text.split(' ')[1]) / 1e6 };
}

type Prepared = { folder: string; ear: Ear; trigger: string; due: string; program: readonly [string] };

function prepare(bench: Bench, count: number, isTriggered = true): Prepared {
  const folder = bench.folder();
  const ear = new Ear(join(folder, 'ear'));
  const trigger = join(folder, 'trigger');
  const due = join(folder, 'due');
  if (isTriggered) makeFifo(trigger);
  const plan: AgentPlan = { work: 'lines', lines: count, ear: ear.path, trigger: isTriggered ? trigger : null, due };
  return { folder, ear, trigger, due, program: agentProgram(folder, plan) };
}

async function beginAll(held: Held, ear: Ear): Promise<void> {
  await held.begin();
  await run(held.start);
  await ear.next((said) => said.startsWith('ready '));
}

function resultOf(flows: ReadonlyMap<string, readonly Flow[]>, count: number): Awaited<ReturnType<Measure['run']>> {
  const mib = (count * LINE_BYTES) / MIB;
  const all = [...flows];
  const own = flows.get('agentvisor') ?? [];
  const heard = own.flatMap(({ heardMs }) => heardMs ?? []);
  const row = (who: string): Row => ({ who, samples: (flows.get(who) ?? []).map(({ doneMs }) => doneMs) });
  const others = all.map(([who]) => who).filter((who) => who !== 'agentvisor');
  const rows = [{ ...row('agentvisor'), who: WRITTEN }, { who: HEARD, samples: heard }, ...others.map(row)];
  const daemons = ['agentvisor', ...others.filter((who) => who !== FLOOR)];
  const cpu = daemons.map((who) => ({ who, samples: (flows.get(who) ?? []).flatMap(({ cpuMs: used }) => used ?? []) }));
  const wrong = all.map(([who, each]) => `${who} ${sumOf(each)}`).join('; ');
  return {
    groups: [
      { title: `${mib} MiB of lines`, unit: 'ms', rows },
      { title: 'processor time of the daemon', unit: 'ms', rows: cpu },
    ],
    goals: goalsOf(row('agentvisor'), row(FLOOR), heard, own, count),
    remarks: [`Lines of ${count}, over all runs: ${wrong}.`],
  };
}

function goalsOf(
  own: Row,
  bare: Row,
  heard: readonly number[],
  flows: readonly Flow[],
  count: number,
): readonly Goal[] {
  const megabytes = (count * LINE_BYTES) / 1e6;
  const rate = megabytes / (medianOf(heard) / 1_000);
  const isWhole = flows.every(({ inspected: { lost, doubled, broken } }) => lost + doubled + broken === 0);
  return [
    goalAtMost('all written within 1.1 x `child > file`', ratioOf(own.samples, bare.samples), 1.1, ' x'),
    { wanted: 'the daemon keeps up at 600 MB/s', measured: `${Math.round(rate)} MB/s`, reached: rate >= 600 },
    { wanted: 'nothing lost, doubled or broken', measured: sumOf(flows), reached: isWhole },
  ];
}

function sumOf(flows: readonly Flow[]): string {
  const sum = (what: keyof Inspected): number => flows.reduce((total, { inspected }) => total + inspected[what], 0);
  return `${sum('lost')} lost, ${sum('doubled')} doubled, ${sum('broken')} broken`;
}
