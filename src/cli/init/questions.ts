import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { AgentvisorError } from '../../protocol/errors.ts';
import type { Context } from '../verb.ts';
import { READ, usualCredential } from './answers.ts';
import type { Answers } from './answers.ts';

type Given = { readonly [Key in keyof Answers]: Answers[Key] | undefined };

/** Asks for what the options did not say. On stderr: stdout is for the answer of the verb. */
export async function askFor(context: Context, given: Given, usualName: string): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Lines that are typed ahead wait in here.
  const asker: Asker = { context, terminal, lines: terminal[Symbol.asyncIterator]() };
  const credential = usualCredential(context.env);
  try {
    return {
      name: given.name ?? (await ask(asker, 'Name of the agent', usualName, READ.name)),
      cwd: given.cwd ?? (await ask(asker, 'Its folder', '.', READ.cwd)),
      model: given.model ?? (await ask(asker, 'Model (empty: claude chooses)', '', optional(READ.model))),
      credential:
        given.credential ??
        (await ask(asker, 'Credential (env:VARIABLE, file:PATH or login)', credential, READ.credential)),
    };
  } finally {
    terminal.close();
  }
}

type Asker = {
  readonly context: Context;
  readonly terminal: Interface;
  readonly lines: AsyncIterator<string>;
};

/** Until the answer will do, or the input ends. */
async function ask<T>(
  { context, terminal, lines }: Asker,
  question: string,
  usual: string,
  read: (answer: string) => T,
): Promise<T> {
  terminal.setPrompt(`${question}${usual === '' ? '' : ` [${usual}]`}: `);
  for (;;) {
    terminal.prompt();
    const line = await lines.next();
    if (line.done === true) throw givenUp();
    const answer = line.value.trim();
    try {
      return read(answer === '' ? usual : answer);
    } catch (error) {
      if (!(error instanceof AgentvisorError)) throw error;
      context.note(`${error.message} ${error.nextStep}`.trim());
    }
  }
}

const optional =
  <T>(read: (answer: string) => T) =>
  (answer: string): T | null =>
    answer === '' ? null : read(answer);

const givenUp = (): AgentvisorError =>
  new AgentvisorError(
    'failed',
    'Nothing was written: the questions were not answered.',
    'Begin again: agentvisor init',
  );
