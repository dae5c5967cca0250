import { keyOf, type InkKey, type Key } from './key.ts';
import type { Message } from './model.ts';

/** Ctrl-A to Ctrl-Z are 1 to 26. */
const CTRL_Z = 26;
const BEFORE_A = 96;

/** Between these a terminal puts what was pasted; Ink takes off the escape. */
const PASTE_BEGINS = '[200~';
const PASTE_ENDS = '[201~';

/**
 * What a terminal says by itself, as Ink hands it on, without its escape: where the mouse is, that the window is looked at,
 * keys that nobody knows (`[<0;3;4M`, `[I`, `[25~`), answers to what another program has asked (`11;rgb:0000/…`, up to BEL).
 * Taken for keys, it would restart and reset agents.
 */
// oxlint-disable-next-line no-control-regex -- BEL ends such an answer
const REPORT = /^(?:\[[0-?]*[ -/]*[@-Z\\^-~]|\d+;.*|.*\u0007)$/s;

const NAMED_CHARACTERS: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
};

/** What Ink reads, as keys one by one and as what was pasted. */
export class Keyboard {
  #pasted: string | null = null;

  read(input: string, key: InkKey): readonly Message[] {
    if (input === PASTE_BEGINS) {
      this.#pasted = '';
      return [];
    }
    if (this.#pasted !== null) return this.#paste(input, key);
    if (input.length > 1 && REPORT.test(input)) return [];
    // Several that were typed faster than they were read, or by a program.
    if (input.length > 1 && !key.ctrl) return Array.from(input).flatMap(typed);
    const single = keyOf(input, key);
    return single === '' ? [] : [{ type: 'key', key: NAMED_CHARACTERS[single] ?? single }];
  }

  #paste(input: string, key: InkKey): readonly Message[] {
    if (input !== PASTE_ENDS) {
      this.#pasted += key.return ? '\n' : input;
      return [];
    }
    const text = this.#pasted ?? '';
    this.#pasted = null;
    return [{ type: 'pasted', text }];
  }
}

function typed(character: string): readonly Message[] {
  const code = character.codePointAt(0) ?? 0;
  const key =
    NAMED_CHARACTERS[character] ??
    (code >= 1 && code <= CTRL_Z ? `ctrl-${String.fromCodePoint(code + BEFORE_A)}` : character);
  return key.length === 1 && key < ' ' ? [] : [{ type: 'key', key }];
}
