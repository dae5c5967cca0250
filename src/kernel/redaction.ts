/**
 * Nothing that an agent wrote leaves agentvisor before it went through here. Over-redaction costs a word, a leak costs
 * an account: where a rule is in doubt it redacts.
 */

const MASK = '[redacted]';

/** A secret below this length would shred every text it stands in; nothing issues one that short. */
const SECRET_LENGTH_MIN = 6;

/** What a terminal or JSON puts into a token that is wrapped: a blank, a line break, or an escaped one. */
const BREAK = String.raw`(?:\s|\\+[nrt])`;

/** `oat01-`, `api03-`, `ort01-` … behind `sk-ant-`. */
const KIND = String.raw`(?:[a-z]{2,12}\d{0,4}-)?`;

/**
 * `sk-ant-oat01-…` with its kind kept, so that a reader knows which secret was there. A run behind a line break belongs
 * to it when it is too long for a word: an 80-column terminal cuts the 108 characters of a setup-token.
 */
const TOKEN = new RegExp(String.raw`(sk-ant-(?!${KIND}\[redacted\])${KIND})[\w-]+(?:${BREAK}+[\w-]{24,})*`, 'g');
const TOKEN_PREFIX = new RegExp(`^sk-ant-${KIND}`);
/** Pieces of one secret that were found one by one. */
const MASKS = /(?:\[redacted\]){2,}/g;

/** Replaces known secrets, whole, wrapped, JSON-escaped or cut, and anything that looks like an Anthropic secret. */
export const redact = (text: string, secrets: readonly string[] = []): string => redactor(secrets)(text);

/** The same for many texts: a log is redacted line by line, and the secrets are prepared once. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= SECRET_LENGTH_MIN);
  const passes = known.map(redactionOf);
  return (text) => {
    const redacted = passes.reduce((rest, pass) => pass(rest), text);
    return redacted.includes('sk-ant-') ? redacted.replace(TOKEN, keepKind) : redacted;
  };
}

const keepKind = (_: string, prefix: string): string => `${prefix}${MASK}`;

function redactionOf(secret: string): (text: string) => string {
  const body = secret.slice(TOKEN_PREFIX.exec(secret)?.[0].length ?? 0);
  if (body.length < SECRET_LENGTH_MIN) return (text) => text.replaceAll(secret, MASK);
  const forms = [...spellings(body)].map((form) => ({ form, whole: wrapped(form) }));
  return (text) => {
    const withoutWhole = forms.reduce((rest, { whole }) => rest.replace(whole, MASK), text);
    return forms.reduce((rest, { form }) => redactPieces(rest, form), withoutWhole).replace(MASKS, MASK);
  };
}

/** As it is, inside a JSON string, and inside a JSON string that is itself in one (a tool that prints a log). */
function spellings(body: string): ReadonlySet<string> {
  const once = JSON.stringify(body).slice(1, -1);
  return new Set([JSON.stringify(once).slice(1, -1), once, body]);
}

function wrapped(form: string): RegExp {
  const characters = Array.from(form, (char) => char.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  return new RegExp(characters.join(`${BREAK}*`), 'g');
}

/** A piece of at least twice this length, less one, holds a whole window and is found wherever the secret was cut. */
const WINDOW = 8;

function redactPieces(text: string, form: string): string {
  let redacted = text;
  for (let at = 0; at + WINDOW <= form.length; at += WINDOW) {
    const window = form.slice(at, at + WINDOW);
    let found = redacted.indexOf(window);
    while (found !== -1) {
      const [start, end] = grow(redacted, form, found, at);
      redacted = redacted.slice(0, start) + MASK + redacted.slice(end);
      found = redacted.indexOf(window, start + MASK.length);
    }
  }
  return redacted;
}

/** The largest stretch around a found window that the text and the secret have in common. */
function grow(text: string, form: string, found: number, at: number): readonly [number, number] {
  let before = 0;
  while (before < at && found - before > 0 && text[found - before - 1] === form[at - before - 1]) before += 1;
  let length = WINDOW;
  while (at + length < form.length && text[found + length] === form[at + length]) length += 1;
  return [found - before, found + length];
}

/** More is never needed for one line, and a megabyte of it must not be searched for secrets. */
const EXCERPT_SOURCE_MAX = 64 * 1024;
/** Cut off a shortened source, so that a secret which the shortening split does not stay behind in part. */
const SEAM = 1024;

/* oxlint-disable no-control-regex -- control characters are what is looked for */
/** OSC and DCS strings up to their end, CSI sequences, and two-character escapes (ECMA-48). */
const ESCAPE_SEQUENCES =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
/** C0 and C1 controls, and the characters that turn the writing direction or cannot be seen. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;
/* oxlint-enable no-control-regex */

/** One line for people: no control characters, no escape sequences, bounded and redacted. */
export function excerpt(text: string, max = 300, secrets: readonly string[] = []): string {
  const source = text.slice(0, EXCERPT_SOURCE_MAX);
  const visible = source.replace(ESCAPE_SEQUENCES, '').replace(CONTROLS, ' ');
  const safe = redact(visible, secrets);
  const whole = source.length < text.length ? safe.slice(0, -SEAM) : safe;
  const line = whole.replace(/\s+/g, ' ').trim();
  if (line.length <= max) return line;
  return `${line
    .slice(0, Math.max(0, max - 1))
    .trimEnd()
    .replace(/[\ud800-\udbff]$/, '')}…`;
}
