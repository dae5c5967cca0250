import { homedir } from 'node:os';
import { tokenShapeProblems } from '../../claude/token-shape.ts';
import { prepareHome } from '../../home/permission.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { preflight } from '../../box/preflight.ts';
import { followRotation } from '../rotate/rotation.ts';
import type { Context } from '../verb.ts';
import { alsoAtExit } from './at-exit.ts';
import { chooseTarget, claudeFor, WAYS, type Target } from './credential.ts';
import { readDeclared } from './declared.ts';
import { openDoor } from './door.ts';
import { driveSignIn, type SignInEnd } from './drive.ts';
import { signInEnvironment } from './environment.ts';
import { heedSignals, type GivingUp } from './giving-up.ts';
import { checkHandOver, handOver, type HandedOver } from './hand-over.ts';
import { checkPlace, placeLogin } from './place-login.ts';
import { reportSignedIn } from './report.ts';
import { makeScratch, removeScratch } from './scratch.ts';
import { readTypedCode, type TypedCode } from './typed-code.ts';

/** Signs in to a credential through Claude Code's own flow, from the choice of the credential to its new secret. */
export async function login(context: Context, timeoutMs: number): Promise<number> {
  const name = context.args[0];
  const declared = await readDeclared(context, name);
  const machine = { home: context.env['HOME'] ?? homedir(), platform: process.platform };
  const target = chooseTarget(declared.credentials, name, machine);
  if (target.way === 'setup-token') checkHandOver(target);
  else checkPlace(target);
  const bin = claudeFor(target.credential.name, declared.agents);
  const found = preflight({ cwd: context.cwd, argv0: bin, path: context.env['PATH'] });
  if (!found.ok) throw noClaude(found.message);
  prepareHome(context.home);
  const givingUp = heedSignals();
  try {
    const { signedIn, isRotating } = await throughTheDoor(context, target, { claude: found.file, timeoutMs, givingUp });
    reportSignedIn(context, signedIn);
    return isRotating ? await followRotation(context, signedIn.credential) : 0;
  } finally {
    givingUp.close();
  }
}

type Sitting = { readonly claude: string; readonly timeoutMs: number; readonly givingUp: GivingUp };

/** With an ear for the second shell, which is told how it ended. */
async function throughTheDoor(context: Context, target: Target, sitting: Sitting): Promise<HandedOver> {
  const code = firstCode();
  const door = await openDoor(context.home, context.env, target.credential.name, code.give);
  try {
    const handedOver = await inScratch(context, target, sitting, code);
    door.tell({ ok: true, signedIn: handedOver.signedIn });
    return handedOver;
  } catch (error) {
    door.tell({ ok: false, problem: error instanceof AgentvisorError ? error.message : 'it failed' });
    throw error;
  } finally {
    await door.close();
  }
}

type FirstCode = { readonly given: Promise<string>; readonly give: (code: string) => boolean };

/** Whoever brings one first: the terminal or the second shell. */
function firstCode(): FirstCode {
  let isGiven = false;
  let settle: (code: string) => void = () => undefined;
  const given = new Promise<string>((done) => (settle = done));
  const give = (code: string): boolean => {
    if (isGiven) return false;
    isGiven = true;
    settle(code);
    return true;
  };
  return { given, give };
}

async function inScratch(context: Context, target: Target, sitting: Sitting, code: FirstCode): Promise<HandedOver> {
  const folder = makeScratch();
  const forget = alsoAtExit(() => removeScratch(folder));
  let typed: TypedCode | undefined;
  try {
    const { claude, timeoutMs, givingUp } = sitting;
    const env = signInEnvironment(context.env, folder);
    const plan = { way: target.way, claude, env, folder, timeoutMs, givenUp: givingUp.signal };
    const end = await driveSignIn(plan, code.given, {
      onUrl: (url) => tellUrl(context, target, url),
      onCodeNeeded: () => (typed = askForCode(context, code, givingUp)),
    });
    const mintedAt = new Date().toISOString();
    const secret = secretOf(end, target);
    return secret === null
      ? { signedIn: await placeLogin(context.home, folder, target, mintedAt), isRotating: false }
      : await handOver(context, { target, secret, mintedAt });
  } finally {
    typed?.close();
    removeScratch(folder);
    forget();
  }
}

function tellUrl(context: Context, { credential, way }: Target, url: string): void {
  context.note(`agentvisor: ${WAYS[way]} for '${credential.name}'; open this address and sign in:`);
  if (context.json) context.answer({ step: 'url', url });
  else context.say(url);
}

function askForCode(context: Context, code: FirstCode, { giveUp }: GivingUp): TypedCode | undefined {
  if (context.json) context.answer({ step: 'code-needed' });
  const elsewhere = 'in another shell: agentvisor login --code -';
  if (!process.stdin.isTTY) {
    context.note(`agentvisor: then hand in the code that the page shows, ${elsewhere}`);
    return undefined;
  }
  // First the terminal goes silent, then it asks: not even the first letter is shown.
  const typed = readTypedCode({
    onCode: (given) => void code.give(given),
    onProblem: (problem) => context.note(`agentvisor: that is no code: ${problem}. Once more:`),
    onGivenUp: () => giveUp('Ctrl-C'),
  });
  context.note(`agentvisor: then paste the code that the page shows and press Enter; it is not shown. Or ${elsewhere}`);
  return typed;
}

/** The token; null when the secret is a login in the throw-away folder. @throws AgentvisorError */
function secretOf(end: SignInEnd, { credential, way }: Target): string | null {
  const again = `Begin anew: agentvisor login ${credential.name}`;
  switch (end.how) {
    case 'signed-in': {
      if (way === 'auth-login') return null;
      const problems = tokenShapeProblems('oauth-token', end.token ?? '');
      if (end.token !== null && problems.length === 0) return end.token;
      throw new AgentvisorError(
        'failed',
        `What ${WAYS[way]} printed is no whole token: ${problems.join(', ')}.`,
        again,
      );
    }
    case 'failed':
      throw new AgentvisorError('failed', `The sign-in to '${credential.name}' failed: ${end.text}`, again);
    case 'ended':
      throw new AgentvisorError(
        'failed',
        `${WAYS[way]} ended with exit code ${end.code} before it had signed in; it said: ${end.text}.`,
        again,
      );
    case 'timed-out':
      throw new AgentvisorError(
        'timed-out',
        `Nobody has signed in to '${credential.name}' in time; on the screen stood last: ${end.text}.`,
        again,
      );
    case 'given-up':
      throw new AgentvisorError('failed', `The sign-in was ended by ${end.reason}; nothing was changed.`, again);
  }
}

const noClaude = (message: string): AgentvisorError =>
  new AgentvisorError('failed', message, 'Install Claude Code, or name it in the file: claude.bin');
