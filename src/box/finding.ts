import type { Problem } from '../config/problem.ts';

/** `error`: it does not work as it is · `warning`: it will not for ever, or not surely · `ok`: looked at, and well. */
export type Level = 'error' | 'warning' | 'ok';

/** One thing that was looked at. It never holds a secret, nor a part of one. */
export type Finding = {
  /** Says which check it is; programs may rely on it. */
  readonly id: string;
  readonly level: Level;
  /** The agent, the credential or the part of the machine. */
  readonly about: string;
  readonly found: string;
  /** The next step; empty when nothing is to be done. */
  readonly todo: string;
};

type Check = (id: string, about: string, found: string, todo: string) => Finding;

export const error: Check = (id, about, found, todo) => ({ id, level: 'error', about, found, todo });
export const warning: Check = (id, about, found, todo) => ({ id, level: 'warning', about, found, todo });
export const fine = (id: string, about: string, found: string): Finding => ({
  id,
  level: 'ok',
  about,
  found,
  todo: '',
});

/** As the warnings of an ecosystem file are shown, with what a program asks for beside it. */
export const asWarning = ({ id, level, about, found, todo }: Finding): Problem & Pick<Finding, 'id' | 'level'> => ({
  id,
  level,
  path: about,
  expected: 'a credential that works and goes on working',
  found,
  message: `${about}: ${found}`,
  ...(todo === '' ? {} : { hint: todo }),
});

/** `a`, `a and b`, `a, b and 7 more`: names for a line. */
export function namesOf(names: readonly string[]): string {
  if (names.length <= NAMES_MAX) return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
  return `${names.slice(0, NAMES_MAX - 1).join(', ')} and ${names.length - NAMES_MAX + 1} more`;
}

const NAMES_MAX = 4;
