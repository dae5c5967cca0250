// The agent of the measures: does one piece of work when it is told to, and says to the bench when. Its first argument is a
// file (the type `AgentPlan` in bench/agents.ts); what follows are Claude Code's own arguments, of which it knows none.
// Told by a line in a FIFO, or, where there is none, by a message on stdin in Claude Code's protocol.
import { existsSync, openSync, constants, readFileSync, rmSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockOf, LINES_IN_BLOCK, numberBlock } from './lines.mjs';

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const FAILED = readFileSync(new URL('failed.ndjson', import.meta.url));
const WRITE_BYTES = 64 * 1024;

const ear = openSync(plan.ear, 'a');

/** @param {string} words */
const say = (words) => writeSync(ear, `${words}\n`);

/** @param {Buffer} bytes */
function print(bytes) {
  for (let at = 0; at < bytes.length; at += writeSync(1, bytes, at, Math.min(WRITE_BYTES, bytes.length - at)));
}

/** @param {object} line */
const printLine = (line) => print(Buffer.from(`${JSON.stringify(line)}\n`));

/** When the failed line was about to be written, on the monotonic clock that all processes of a machine share. */
let failedAt = 0n;

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    const at = process.hrtime.bigint();
    if (failedAt > 0n) say(`signal ${at - failedAt}`);
    process.exit(0);
  });
}

async function work() {
  switch (plan.work) {
    case 'fail':
      failedAt = process.hrtime.bigint();
      say(`failing ${process.pid} ${failedAt}`);
      print(FAILED);
      return;
    case 'lines': {
      const block = blockOf();
      const begun = process.hrtime.bigint();
      for (let line = 0; line < plan.lines; line += LINES_IN_BLOCK) print(numberBlock(block, line));
      say(`wrote ${process.hrtime.bigint() - begun}`);
      return;
    }
    case 'flood':
      return flood();
  }
}

/** So many lines a second for so many seconds, in bursts a hundredth of a second apart; says how many it were. */
async function flood() {
  const line = Buffer.from(`${JSON.stringify({ type: 'stream_event', text: 'x'.repeat(160) })}\n`);
  const burst = Buffer.concat(Array.from({ length: plan.perSecond / 100 }, () => line));
  const begun = performance.now();
  let bursts = 0;
  while (performance.now() - begun < plan.seconds * 1_000) {
    print(burst);
    bursts += 1;
    await sleep(begun + bursts * 10 - performance.now());
  }
  say(`flooded ${Math.round((bursts * plan.perSecond * 10) / (performance.now() - begun))}`);
}

/** A turn of Claude Code: the message comes back, then an answer and a result; or the work, when it is to be done now. */
async function turn({ uuid, message }) {
  printLine({ type: 'user', uuid, isReplay: true, message, session_id: session, parent_tool_use_id: null });
  printLine({ type: 'system', subtype: 'init', session_id: session, model: MODEL, claude_code_version: '2.1.328' });
  const isDue = existsSync(plan.due);
  if (isDue) {
    rmSync(plan.due);
    await work();
    if (plan.work === 'fail') return;
  }
  const content = [{ type: 'text', text: 'Done.' }];
  turns += 1;
  printLine({
    type: 'assistant',
    message: { id: `msg_${turns}`, model: MODEL, role: 'assistant', content },
    session_id: session,
  });
  printLine({
    type: 'result',
    subtype: 'success',
    is_error: false,
    num_turns: 1,
    result: 'Done.',
    session_id: session,
  });
}

const MODEL = 'claude-opus-5-5';
const at = process.argv.findIndex((word) => word === '--session-id' || word === '--resume');
const session = process.argv[at + 1];
let turns = 0;

/** @param {string} line */
async function onLine(line) {
  const { type, request_id: id, request, uuid, message } = JSON.parse(line);
  if (type === 'user') return turn({ uuid, message });
  const account = { tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN', apiProvider: 'firstParty' };
  const response = request.subtype === 'initialize' ? { account } : {};
  printLine({ type: 'control_response', response: { subtype: 'success', request_id: id, response } });
}

const input = plan.trigger === null ? 0 : openSync(plan.trigger, constants.O_RDWR | constants.O_NONBLOCK);
let rest = '';
new Socket({ fd: input, writable: false }).setEncoding('utf8').on('data', (/** @type {string} */ text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) void (plan.trigger === null ? onLine(line) : work());
});
say(`ready ${process.pid}`);
