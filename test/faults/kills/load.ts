import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageOutcome } from '../../../src/protocol/api.ts';
import { AgentvisorError } from '../../../src/protocol/errors.ts';
import { BIG, TALKERS, token, WRITERS } from './fleet.ts';
import type { Link } from './link.ts';
import { livingRuns } from './processes.ts';

/** What was asked of an agent, and what came of it. */
export type Asked = {
  readonly agent: string;
  readonly id: string;
  readonly text: string;
  readonly outcome: MessageOutcome;
};

export type Done = {
  readonly asked: Asked[];
  /** What an operator had been told and was not so afterwards. */
  readonly broken: string[];
  /** Which secrets were handed in, the last one at the end. */
  readonly tokens: string[];
  readonly ends: string[];
};

const BIG_CHARACTERS = 150_000;
/** Pauses of somebody who acts, chosen at random up to this. */
const PAUSE_MS_MAX = 150;
/** Between two looks at a rotation. */
const LOOK_MS = 100;

const pause = (msMax = PAUSE_MS_MAX): Promise<void> => sleep(Math.random() * msMax);

/** Everything that goes on while daemons are killed. Settles when all that was begun has come to its end. */
export async function load(link: Link): Promise<Done> {
  const done: Done = { asked: [], broken: [], tokens: [token(0)], ends: [] };
  let isActing = true;
  const acting = Promise.all([
    ...WRITERS.map((agent) => stopsAndStarts(link, agent, done)),
    stopsAndStarts(link, 'cyd', done),
    restarts(link, 'bob'),
    restarts(link, BIG),
    saves(link),
    rotates(link, done),
  ]).finally(() => (isActing = false));
  // Whoever rotates a secret waits for answers.
  const asking = [...TALKERS, BIG].map((agent) => asks(link, agent, done, () => isActing));
  await Promise.all([acting, ...asking]);
  return done;
}

async function asks(link: Link, agent: string, { asked }: Done, goesOn: () => boolean): Promise<void> {
  for (let n = 1; goesOn(); n += 1) {
    const id = randomUUID().replace(/.{4}$/, '0000');
    const word = `${agent} ${n}`;
    const text = agent === BIG ? `${word} ${'x'.repeat(BIG_CHARACTERS)}` : word;
    await link.ask('send', { agent, text, id });
    asked.push({ agent, id, text, outcome: await link.ask('outcome', { agent, id }) });
    await pause(20);
  }
}

/** What was confirmed is so, whoever died since. */
async function stopsAndStarts(link: Link, agent: string, { broken }: Done): Promise<void> {
  while (!link.isOver) {
    await pause(600);
    await link.ask('stop', { targets: [agent] });
    await pause();
    const [row] = await link.ask('list', { targets: [agent] });
    const living = livingRuns(link.home).filter((run) => run.agent === agent);
    if (row?.desired !== 'down' || living.length > 0)
      broken.push(`${agent} was stopped and is ${JSON.stringify({ row, living })}`);
    await link.ask('start', { targets: [agent] });
  }
}

async function restarts(link: Link, agent: string): Promise<void> {
  while (!link.isOver) {
    await pause(1_500);
    const how = Math.random() < 0.5 ? 'after-turn' : 'interrupt';
    await link.ask('restart', { targets: [agent], how, reason: null });
  }
}

async function saves(link: Link): Promise<void> {
  while (!link.isOver) {
    await pause(200);
    await link.ask('save', {});
  }
}

/** One secret after the other. */
async function rotates(link: Link, { tokens, ends }: Done): Promise<void> {
  for (let n = 1; !link.isOver; n += 1) {
    const secret = token(n);
    const isBegun = await link.ask('rotate', { credential: 'max', secret }).then(() => true, refused);
    ends.push(await over(link));
    if (isBegun) tokens.push(secret);
    await pause();
  }
}

/** Each agent has answered on the new secret, and the old one is gone; or all are back on that. */
async function over(link: Link): Promise<string> {
  for (;;) {
    const row = await link.ask('rotation', { credential: 'max', seen: 1_000 });
    if (row === null) return 'never begun';
    if (row.stage === 'done' || row.stage === 'undone') return row.stage;
    await sleep(LOOK_MS);
  }
}

/** It was begun by a call that nobody answered. */
function refused(error: unknown): boolean {
  if (error instanceof AgentvisorError && error.code === 'refused') return true;
  throw error;
}
