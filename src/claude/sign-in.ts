import { excerpt } from '../kernel/redaction.ts';
import { blankScreen, show, type TerminalScreen } from './terminal-screen.ts';

/** The two ways into Claude Code that it offers itself: a token for a year, or a login that it stores. */
export type SignInWay = 'setup-token' | 'auth-login';

/** What Claude Code is started with for each. */
export const SIGN_IN_ARGUMENTS: Readonly<Record<SignInWay, readonly string[]>> = {
  'setup-token': ['setup-token'],
  'auth-login': ['auth', 'login'],
};

/** So wide that neither the address (some 600 characters) nor a token (108) is wrapped: both versions wrap at the edge. */
export const SIGN_IN_COLUMNS = 1_000;
/** Both versions draw some 30 rows. */
export const SIGN_IN_ROWS = 100;

/** What a sign-in has said so far. Plain data; a fact that was heard stays, whatever is drawn over it. */
export type SignIn = {
  readonly way: SignInWay;
  readonly screen: TerminalScreen;
  /** The whole address that a person opens in a browser. */
  readonly url: string | null;
  readonly asksForCode: boolean;
  /** As it stood on the screen: its shape is not checked here. Only `setup-token` prints one. */
  readonly token: string | null;
  readonly isSignedIn: boolean;
  /** Why it failed, in Claude Code's words: one line, bounded and redacted. */
  readonly failure: string | null;
  /** What must not be told: 2.1.328 shows the code while it is typed. */
  readonly secrets: readonly string[];
};

export const beginSignIn = (way: SignInWay): SignIn => ({
  way,
  screen: blankScreen(SIGN_IN_COLUMNS, SIGN_IN_ROWS),
  url: null,
  asksForCode: false,
  token: null,
  isSignedIn: false,
  failure: null,
  secrets: [],
});

/** From now on this code is told to nobody. */
export const withCode = (signIn: SignIn, code: string): SignIn => ({ ...signIn, secrets: [...signIn.secrets, code] });

/**
 * One more piece of what the terminal prints, cut anywhere: what is heard does not depend on the cuts. So it is looked
 * at wherever the cursor may leave a row, and a text that is wiped off again at once is heard, too.
 */
export const hear = (signIn: SignIn, bytes: Uint8Array): SignIn => strokes(bytes).reduce(look, signIn);

/** Each begins with a control character, but for the first. */
function strokes(bytes: Uint8Array): readonly Uint8Array[] {
  const begins = [...bytes.keys()].filter((at) => at === 0 || (bytes[at] ?? 0) < 0x20);
  return begins.map((begin, index) => bytes.subarray(begin, begins[index + 1]));
}

function look(signIn: SignIn, stroke: Uint8Array): SignIn {
  const screen = show(signIn.screen, stroke);
  // The row on which the cursor stands may be half drawn.
  const whole = screen.lines.filter((_, row) => row !== screen.row);
  const token = signIn.token ?? (signIn.way === 'setup-token' ? firstMatch(whole, TOKEN) : null);
  const failure = firstMatch(whole, FAILURE);
  return {
    ...signIn,
    screen,
    url: signIn.url ?? firstMatch(whole, ADDRESS),
    asksForCode: signIn.asksForCode || screen.lines.some((line) => ASKS_FOR_CODE.test(line)),
    token,
    isSignedIn: signIn.isSignedIn || token !== null || whole.some((line) => SIGNED_IN.test(line)),
    failure: signIn.failure ?? (failure === null ? null : told(failure, signIn.secrets)),
  };
}

/** The last thing that stands on the screen, for one that ended or fell silent without a word that is known. */
export function lastWords({ screen, secrets }: SignIn): string {
  const texts = screen.lines.map((line) => told(line, secrets).replaceAll(FRAME, '').trim());
  return texts.findLast((text) => text !== '') ?? 'nothing';
}

/** Only its own words, never an address with the state of a sign-in. */
const told = (line: string, secrets: readonly string[]): string =>
  excerpt(line.replaceAll(/https:\/\/\S+/g, '(address)'), 300, secrets);

function firstMatch(lines: readonly string[], pattern: RegExp): string | null {
  for (const line of lines) {
    const found = pattern.exec(line);
    if (found !== null) return found[0];
  }
  return null;
}

/** What boxes are drawn with. */
const FRAME = /[\u2500-\u257f]/g;
const ADDRESS = /https:\/\/[^\s\u2500-\u257f]+/;
const ASKS_FOR_CODE = /paste code here/i;
/** To the next blank: one that was cut or glued must not look whole. */
const TOKEN = /sk-ant-oat[^\s\u2500-\u257f]*/;
const SIGNED_IN = /Login successful/;
/** 2.1.195: "Login failed", "Invalid code"; 2.1.328: "Couldn't log in", "That doesn't look like"; both: "OAuth error". */
const FAILURE =
  /(?:(?:OAuth error|Login failed|Couldn't log in):|Invalid code\b|That doesn't look like)[^\u2500-\u257f]*/;
