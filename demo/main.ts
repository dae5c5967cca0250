/**
 * `npm run demo`: the example's agents, which need no account, under a real daemon in a throw-away home. What is shown is
 * rendered from what the daemon tells its subscribers.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '../src/client/client.ts';
import type { MessageOutcome } from '../src/protocol/api.ts';
import { lineText, lookOf, wrap, type Look } from './page.ts';
import { crashReceipt, receiptsOf, silenceReceipt, verdictOf, type Receipt } from './receipts.ts';
import { openStage, ROOT, type Stage } from './stage.ts';
import { Story } from './story.ts';

const USAGE = `npm run demo -- [--file ECOSYSTEM] [--within SECONDS] [--keep FOLDER]
  --file     another ecosystem file than ecosystem.example.ts; its agents get the same two messages
  --within   what is not proven by then is not proven (default 55)
  --keep     an empty folder for the home, which then stays when the daemon is gone`;
const WITHIN_S = '55';
const MESSAGES = ['hello', 'are you there?'] as const;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** A shell's word for a program whose reader has gone. */
const READER_GONE = 141;

/** What an agent was asked last, and what became of it. */
type Asked = { readonly id: string; readonly outcome: MessageOutcome | null };
type Wish = { readonly file: string; readonly withinMs: number };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', default: resolve(ROOT, 'ecosystem.example.ts') },
      within: { type: 'string', default: WITHIN_S },
      keep: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const withinMs = Number(values.within) * 1000;
  if (values.help === true || !(withinMs > 0)) {
    console.log(USAGE);
    return values.help === true ? 0 : 2;
  }
  return onStage(values.keep, { file: resolve(values.file), withinMs });
}

async function onStage(keep: string | undefined, wish: Wish): Promise<number> {
  const interrupted = interruption();
  let stage: Stage | undefined;
  try {
    stage = openStage(keep);
    return await Promise.race([perform(stage, wish), interrupted]);
  } catch (error) {
    return failed(error);
  } finally {
    await stage?.clear();
  }
}

function failed(error: unknown): number {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

/** The exit code that the first signal asks for; later ones do not keep anything from being ended and removed. */
function interruption(): Promise<number> {
  return new Promise((settle) => {
    for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => settle(128 + number));
    process.stdout.on('error', () => settle(READER_GONE));
  });
}

async function perform(stage: Stage, { file, withinMs }: Wish): Promise<number> {
  const look = lookOf(process.stdout, process.env);
  say(look, `A real daemon runs in ${stage.folder} for as long as this takes. What it tells:`);
  say(look, `(each agent is sent "${MESSAGES.join('" and then "')}")\n`);
  const startedAt = Date.now();
  await stage.av('daemon', 'restart');
  const client = stage.client();
  const asked = new Map<string, Asked>();
  const story = new Story(startedAt, (agent) => asked.get(agent)?.id ?? null);
  let agentWidth = 4;
  await client.subscribe((notification) => {
    if (notification.method === 'agent') agentWidth = Math.max(agentWidth, notification.params.name.length);
    for (const line of story.tell(notification)) console.log(lineText(line, agentWidth, look));
  });
  await stage.av('start', file);
  const agents = (await client.call('list', { targets: ['all'] })).filter(({ mode }) => mode === 'stream');
  const names = agents.map(({ name }) => name);
  const leftMs = withinMs - (Date.now() - startedAt);
  await Promise.race([Promise.all(names.map((name) => talk(client, name, asked))), limit(leftMs), failureOf(client)]);
  return summarise(client, story, names, asked, look);
}

async function talk(client: Client, agent: string, asked: Map<string, Asked>): Promise<void> {
  for (const text of MESSAGES) {
    // The last four digits number the deliveries of a message.
    const id = `${randomUUID().slice(0, -4)}0000`;
    asked.set(agent, { id, outcome: null });
    await client.call('send', { agent, text, id });
    const outcome = await client.call('outcome', { agent, id });
    asked.set(agent, { id, outcome });
    if (outcome.state !== 'answered') return;
  }
}

function limit(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, Math.max(0, ms)).unref();
  });
}

async function failureOf(client: Client): Promise<never> {
  throw await client.ended;
}

async function summarise(
  client: Client,
  story: Story,
  names: readonly string[],
  asked: ReadonlyMap<string, Asked>,
  look: Look,
): Promise<number> {
  const known: readonly Receipt[] = [
    ...receiptsOf(await client.call('incidents', { open: false })),
    ...story.crashes.map(crashReceipt),
  ];
  const silent = names.flatMap((name) => {
    const outcome = asked.get(name)?.outcome ?? null;
    const isKnown = outcome?.state === 'answered' || known.some(({ agent, proven }) => agent === name && !proven);
    return isKnown ? [] : [silenceReceipt(name, outcome)];
  });
  const receipts = [...known, ...silent];
  const fine = names.filter((name) => !receipts.some(({ agent }) => agent === name));
  const width = Math.max(0, ...names.map(({ length }) => length));
  console.log('');
  for (const { agent, text } of receipts) say(look, `${agent.padEnd(width)}  ${text}`, width + 2);
  for (const name of fine) say(look, `${name.padEnd(width)}  no trouble`, width + 2);
  const verdict = verdictOf(receipts);
  say(look, `\n${verdict.text}`);
  return verdict.proven ? 0 : 1;
}

function say(look: Look, text: string, indent = 0): void {
  console.log(wrap(text, indent, look.width));
}

process.exitCode = await main().catch(failed);
