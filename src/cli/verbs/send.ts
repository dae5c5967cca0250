import { randomUUID } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { MESSAGE_BYTES_MAX, type MessageOutcome } from '../../protocol/api.ts';
import { EXIT_CODES } from '../../protocol/errors.ts';
import { act, patiently } from '../act.ts';
import { withClient } from '../../client/client.ts';
import type { Client } from '../../client/client.ts';
import { sayIfItWaits, tellerOf } from '../message-watch.ts';
import { readStdin } from '../read-stdin.ts';
import { usageError } from '../usage.ts';
import type { Context } from '../verb.ts';

export const usage = 'NAME TEXT|- [--wait]';
export const options = {
  wait: { type: 'boolean', summary: 'print the answer; exit code 1 and the cause when there is none' },
} as const;
export const takes = { min: 2, max: 2, what: 'the NAME of an agent and a TEXT (or - for stdin)' };
export const examples = [
  'agentvisor send reviewer "Look at the last commit."',
  'git diff | agentvisor send reviewer - --wait',
];

export async function run(context: Context): Promise<number> {
  const [agent = '', given = ''] = context.args;
  const text = given === '-' ? await textOnStdin() : given;
  if (text.trim() === '') throw usageError('The message is empty.', 'Give a text, or - and something on stdin.');
  if (Buffer.byteLength(text) > MESSAGE_BYTES_MAX) throw tooLong();
  // The last four digits number the deliveries of a message, so its own id ends in 0000.
  const id = `${randomUUID().slice(0, -4)}0000`;
  const ask = <T>(use: (client: Client) => Promise<T>): Promise<T> =>
    patiently(
      context,
      () => act(context, [agent], use),
      () => withClient(context.home, use),
    );
  const sent = await ask((client) => client.call('send', { agent, text, id }));
  const told = context.json ? null : await sayIfItWaits(context, agent);
  if (context.flag('wait')) {
    const telling = tellerOf(context, agent, told);
    return report(context, agent, await ask((client) => telling(() => client.call('outcome', { agent, id }))));
  }
  if (context.json) context.answer(sent);
  else context.note(`agentvisor: ${agent} has it (${sent.id})`);
  return 0;
}

function report(context: Context, agent: string, outcome: MessageOutcome): number {
  const { state, answer, cause, detail } = outcome;
  if (context.json) context.answer(outcome);
  if (state === 'answered') {
    if (!context.json) context.say(answer ?? '');
    return 0;
  }
  const why = [cause, detail].filter((part) => part !== null && part !== '').join(': ');
  context.note(`agentvisor: ${agent} did not answer, the message is ${state}${why === '' ? '' : ` (${why})`}`);
  return EXIT_CODES.failed;
}

async function textOnStdin(): Promise<string> {
  const all = await readStdin(MESSAGE_BYTES_MAX, tooLong);
  if (!isUtf8(all))
    throw usageError('What stands on stdin is not UTF-8 text.', 'Give the agent the path of the file instead.');
  return all.toString('utf8');
}

const tooLong = (): Error =>
  usageError(`The message is longer than ${MESSAGE_BYTES_MAX} bytes.`, 'Put it in a file and tell the agent its path.');
