import { codeKeys } from '../../claude/sign-in-code.ts';
import {
  beginSignIn,
  hear,
  lastWords,
  SIGN_IN_ARGUMENTS,
  withCode,
  type SignIn,
  type SignInWay,
} from '../../claude/sign-in.ts';
import { openTerminal, type OpenTerminal } from './terminal.ts';

export type SignInPlan = {
  readonly way: SignInWay;
  /** The unmodified Claude Code. */
  readonly claude: string;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly timeoutMs: number;
  /** Aborted when the person gives up; its reason says how. */
  readonly givenUp: AbortSignal;
};

/** `text` is redacted: Claude Code's own words. */
export type SignInEnd =
  | { readonly how: 'signed-in'; readonly token: string | null }
  | { readonly how: 'failed'; readonly text: string }
  | { readonly how: 'ended'; readonly code: number; readonly text: string }
  | { readonly how: 'timed-out'; readonly text: string }
  | { readonly how: 'given-up'; readonly reason: string };

export type Steps = {
  readonly onUrl: (url: string) => void;
  readonly onCodeNeeded: () => void;
};

/**
 * Claude Code's own sign-in in a terminal that nobody sees, from its start to its end; when this settles, its processes
 * are gone. `code` is the code that a person brings, and may never settle.
 */
export async function driveSignIn(plan: SignInPlan, code: Promise<string>, steps: Steps): Promise<SignInEnd> {
  let signIn = beginSignIn(plan.way);
  let settle: (end: SignInEnd) => void = () => undefined;
  const settled = new Promise<SignInEnd>((done) => (settle = done));
  let tellAsked: () => void = () => undefined;
  const asked = new Promise<void>((done) => (tellAsked = done));
  const onBytes = (bytes: Uint8Array): void => {
    const before = signIn;
    signIn = hear(before, bytes);
    tellSteps(before, signIn, steps);
    if (signIn.asksForCode) tellAsked();
    const end = endOf(signIn);
    if (end !== null) settle(end);
  };
  const { claude: file, env, folder: cwd } = plan;
  const terminal = await openTerminal({ file, args: SIGN_IN_ARGUMENTS[plan.way], env, cwd }, onBytes);
  const typeCode = ([given]: readonly [string, void]): void => {
    signIn = withCode(signIn, given);
    terminal.type(codeKeys(plan.way, given));
  };
  void Promise.all([code, asked]).then(typeCode);
  void terminal.ended.then((exit) => settle(endOf(signIn) ?? { how: 'ended', ...exit, text: lastWords(signIn) }));
  return bounded(plan, terminal, settled, () => lastWords(signIn));
}

/** What was heard for the first time. */
function tellSteps(before: SignIn, now: SignIn, { onUrl, onCodeNeeded }: Steps): void {
  if (before.url === null && now.url !== null) onUrl(now.url);
  if (!before.asksForCode && now.asksForCode) onCodeNeeded();
}

/** Null while it is under way. */
function endOf({ isSignedIn, token, failure }: SignIn): SignInEnd | null {
  if (isSignedIn) return { how: 'signed-in', token };
  return failure === null ? null : { how: 'failed', text: failure };
}

async function bounded(
  { timeoutMs, givenUp }: SignInPlan,
  terminal: OpenTerminal,
  settled: Promise<SignInEnd>,
  text: () => string,
): Promise<SignInEnd> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<SignInEnd>((done) => {
    timer = setTimeout(() => done({ how: 'timed-out', text: text() }), timeoutMs);
  });
  const stopped = new Promise<SignInEnd>((done) => {
    const stop = (): void => done({ how: 'given-up', reason: String(givenUp.reason) });
    if (givenUp.aborted) stop();
    else givenUp.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([settled, tooLate, stopped]);
  } finally {
    clearTimeout(timer);
    await terminal.close();
  }
}
