/** Longer is none. Those that were seen have some 90 characters. */
export const CODE_CHARACTERS_MAX = 1_024;

/**
 * Why this cannot be the code of a sign-in, null when it may be. It has a `#` in its middle: without one both versions
 * refuse it (measured), and the sign-in would be over. Control characters would be keys that are pressed.
 */
export function codeProblem(code: string): string | null {
  if (code === '') return 'it is empty';
  if (code.length > CODE_CHARACTERS_MAX) return `it is longer than ${CODE_CHARACTERS_MAX} characters`;
  if (!/^[\u0021-\u007e]+$/.test(code)) return 'it holds blanks or characters that no code has';
  if (!/^[^#]+#[^#]+$/.test(code)) return 'it is not whole: the whole code has a # in its middle';
  return null;
}

/** The keys that hand over a code. A pasted one goes between marks, or its first letter could be taken for a command. */
export const codeKeys = (way: 'setup-token' | 'auth-login', code: string): string =>
  way === 'setup-token' ? `\u001b[200~${code}\u001b[201~\r` : `${code}\r`;
