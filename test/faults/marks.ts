import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A secret that is drawn for one test, so that wherever it turns up it came from there. */
export type Marked = { readonly name: string; readonly value: string };

/** @param before what its kind begins with, which is no secret */
export const marked = (name: string, before = '', behind = ''): Marked => ({
  name,
  value: `${before}${randomBytes(36).toString('base64url')}${behind}`,
});

/** What everybody may know of a token: its kind. */
const KIND = /^(?:sk-ant-[a-z]+\d+-|gw-)/;
const PART_CHARACTERS = 12;

/** All that a secret would be recognised by: in other spellings, and in halves. */
function tracesOf({ value }: Marked): readonly string[] {
  const secret = value.replace(KIND, '');
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].flatMap((shift) => {
    // Of a longer text it depends on the place; what its neighbours decide is cut off.
    const text = Buffer.concat([Buffer.alloc(shift), bytes]);
    return [text.toString('base64'), text.toString('base64url')].map((each) => each.slice(4, -6));
  });
  return [
    secret.slice(0, PART_CHARACTERS),
    secret.slice(-PART_CHARACTERS),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inBase64,
  ];
}

/** The names of the secrets that a text gives away, and how. */
export function givenAway(text: string, secrets: readonly Marked[]): readonly string[] {
  return secrets.flatMap((secret) => {
    const trace = tracesOf(secret).find((each) => text.includes(each));
    if (trace === undefined) return [];
    const at = text.indexOf(trace);
    return [
      `${secret.name}: …${text.slice(Math.max(0, at - 60), at)}<${trace}>${text.slice(at + trace.length, at + trace.length + 40)} in: ${text.slice(0, 60)}`,
    ];
  });
}

/** All files below a folder with what they hold; of a FIFO and a socket the name alone. */
export function filesBelow(folder: string): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    const entry = statSync(path, { throwIfNoEntry: false });
    // It went meanwhile.
    if (entry === undefined || entry.isDirectory()) return [];
    return [{ path, text: entry.isFile() ? `${name}\n${readFileSync(path, 'latin1')}` : name }];
  });
}

const pids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const readProc = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It ended meanwhile.
    return '';
  }
};

export const commandLines = (): readonly string[] => pids().map((pid) => readProc(pid, 'cmdline'));

export const environmentOf = (pid: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readProc(pid, 'environ')
      .split('\0')
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
