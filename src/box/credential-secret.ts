import { tokenShapeDoubts, tokenShapeProblems } from '../claude/token-shape.ts';
import { fingerprint } from '../config/credentials.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import { readSecretFile } from './secret-file.ts';

/** What a look at the place of a secret shows; the secret itself is not kept. */
export type SecretSeen =
  | {
      readonly is: 'seen';
      readonly fingerprint: string;
      readonly problems: readonly string[];
      readonly doubts: readonly string[];
    }
  /** It cannot be used as it is. */
  | { readonly is: 'open' | 'missing'; readonly why: string; readonly todo: string }
  /** A command is not run for a look, and a variable may be with the daemon only. */
  | { readonly is: 'elsewhere'; readonly where: string };

/** Looks at the secret of a token or a key. `shell`: where a variable is looked for. Null for a stored login. */
export function readSecret(
  { type, from }: CredentialSpec,
  shell: Readonly<Record<string, string | undefined>>,
): SecretSeen | null {
  if (from === null) return null;
  if ('command' in from) return { is: 'elsewhere', where: 'its command is run when an agent starts' };
  if ('env' in from) {
    const value = shell[from.env] ?? '';
    if (value === '') return { is: 'elsewhere', where: `this shell has no ${from.env}` };
    return judged(type, value);
  }
  const file = readSecretFile(from.file);
  switch (file.is) {
    case 'secret':
      return judged(type, file.secret);
    case 'open':
      return { is: 'open', why: `${from.file} is not used, for ${file.why}`, todo: file.todo };
    case 'absent':
      return { is: 'missing', why: `there is no file ${from.file}`, todo: WRITE };
    case 'empty':
      return { is: 'missing', why: `${from.file} is empty`, todo: WRITE };
    case 'unreadable':
      return {
        is: 'missing',
        why: `${from.file} cannot be read (${file.code})`,
        todo: 'correct the path or who may read it',
      };
  }
}

const WRITE = 'write the token into it, and let nobody else read it: chmod 600';

const judged = (type: CredentialSpec['type'], secret: string): SecretSeen => ({
  is: 'seen',
  fingerprint: fingerprint(secret),
  problems: tokenShapeProblems(type, secret),
  doubts: tokenShapeDoubts(type, secret),
});
