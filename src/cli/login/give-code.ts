import { connect } from 'node:net';
import { CODE_CHARACTERS_MAX, codeProblem } from '../../claude/sign-in-code.ts';
import { loginSocketPath } from '../../home/paths.ts';
import { checkHome, checkSocketFolder } from '../../home/permission.ts';
import { hasCode } from '../../home/system-error.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { usageError } from '../usage.ts';
import type { Context } from '../verb.ts';
import { parseAnswer, REQUEST_BYTES_MAX, type DoorAnswer, type DoorRequest } from './door-lines.ts';
import { reportSignedIn } from './report.ts';

/**
 * `login --code`: hands a code to the sign-in that waits in another shell, and tells how that ends. It is refused (9) when
 * none waits: 3 says that the daemon is not running, and starting one would not help here.
 */
export async function giveCode(context: Context, given: string): Promise<number> {
  const code = (given === '-' ? await readStdin() : given).trim();
  const problem = codeProblem(code);
  if (problem !== null) throw usageError(`That is no code: ${problem}.`, 'Copy all of it from the page.');
  checkHome(context.home);
  const path = loginSocketPath(context.home, context.env);
  checkSocketFolder(path, context.home);
  const answer = await request(path, { code, credential: context.args[0] ?? null });
  if (!answer.ok) throw notTaken(answer.problem);
  reportSignedIn(context, answer.signedIn);
  return 0;
}

/** One line there and one line back, which comes when the sign-in has ended; that one has a time limit of its own. */
function request(path: string, message: DoorRequest): Promise<DoorAnswer> {
  return new Promise((done, fail) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify(message)}\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > REQUEST_BYTES_MAX) socket.destroy();
    });
    socket.on('error', (cause) => {
      const isNobody = hasCode(cause, 'ENOENT') || hasCode(cause, 'ECONNREFUSED');
      fail(isNobody ? nobodyWaits(cause) : cutOff(cause));
    });
    socket.on('close', () => {
      const answer = parseAnswer(text);
      if (answer === null) fail(cutOff());
      else done(answer);
    });
  });
}

async function readStdin(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) {
    text += chunk;
    // Blanks around it are no part of it; what is still too long is refused as a code.
    if (text.length > 2 * CODE_CHARACTERS_MAX) break;
  }
  return text;
}

const nobodyWaits = (cause: unknown): AgentvisorError =>
  new AgentvisorError('refused', 'No sign-in waits for a code.', 'Begin one in another shell: agentvisor login', cause);

const notTaken = (problem: string): AgentvisorError =>
  new AgentvisorError('failed', `The sign-in did not succeed: ${problem}.`, 'Look at the shell in which it was begun.');

const cutOff = (cause?: unknown): AgentvisorError =>
  new AgentvisorError(
    'failed',
    'The sign-in ended before it said how.',
    'Look at the shell in which it was begun.',
    cause,
  );
