import { isFields, parseFields, type Fields } from '../claude/record.ts';

/** Who said what, for people. */
export type Entry = { readonly who: string; readonly text: string };

const TEXT_CHARACTERS_MAX = 2_000;
const TOOL_CHARACTERS_MAX = 200;
const RESULT_CHARACTERS_MAX = 300;

/**
 * A line of an agent's stdout as entries; none when it says nothing to people. A line that is not Claude's is shown as
 * it is.
 */
export function entriesOf(line: string): readonly Entry[] {
  const value = parse(line);
  if (value === undefined) return line.trim() === '' ? [] : [entry('stdout', line)];
  switch (value['type']) {
    case 'assistant':
      return assistant(value);
    case 'user':
      return blocksOf(value).flatMap(userBlock);
    case 'result':
      return [entry('result', resultText(value))];
    case 'system':
      return system(value);
    case 'rate_limit_event':
      return limit(value);
    case 'control_request':
    case 'control_response':
    case 'control_cancel_request':
    case 'stream_event':
    case 'keep_alive':
      return [];
    default:
      // Claude Code's own bookkeeping, of which new kinds come with every version; `--raw` shows it.
      return typeof value['session_id'] === 'string' ? [] : [entry('stdout', line)];
  }
}

function assistant(value: Fields): readonly Entry[] {
  const who = value['error'] === undefined || value['error'] === null ? 'assistant' : 'error';
  return blocksOf(value).flatMap((block) => {
    if (block['type'] === 'text') return [entry(who, textOf(block['text']))];
    if (block['type'] !== 'tool_use') return [];
    return [
      entry('tool', `${textOf(block['name'])} ${shorten(JSON.stringify(block['input'] ?? {}), TOOL_CHARACTERS_MAX)}`),
    ];
  });
}

function userBlock(block: Fields): readonly Entry[] {
  if (block['type'] === 'text') return [entry('user', textOf(block['text']))];
  if (block['type'] !== 'tool_result') return [];
  const { content } = block;
  const parts = Array.isArray(content)
    ? content.filter(isFields).map((part) => textOf(part['text']))
    : [textOf(content)];
  return [entry('tool said', shorten(parts.join('\n'), RESULT_CHARACTERS_MAX))];
}

function resultText(value: Fields): string {
  const lasted = typeof value['duration_ms'] === 'number' ? ` after ${(value['duration_ms'] / 1000).toFixed(1)} s` : '';
  if (value['is_error'] !== true) return `done${lasted}`;
  const why = value['terminal_reason'] ?? value['subtype'];
  return shorten(`failed${lasted} (${textOf(why)}): ${textOf(value['result'])}`, RESULT_CHARACTERS_MAX);
}

function system(value: Fields): readonly Entry[] {
  if (value['subtype'] === 'init')
    return [entry('turn', `session ${textOf(value['session_id'])}, ${textOf(value['model'])}`)];
  if (value['subtype'] !== 'api_retry') return [];
  const status = value['error_status'];
  return [
    entry(
      'retry',
      `${String(value['attempt'])}: ${typeof status === 'number' ? `${status} ` : ''}${textOf(value['error'])}`,
    ),
  ];
}

function limit(value: Fields): readonly Entry[] {
  const info = isFields(value['rate_limit_info']) ? value['rate_limit_info'] : {};
  return info['status'] === 'allowed' ? [] : [entry('limit', textOf(info['status']))];
}

/** Content is a text or a list of blocks. */
function blocksOf(value: Fields): readonly Fields[] {
  const message = isFields(value['message']) ? value['message'] : {};
  const { content } = message;
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter(isFields) : [];
}

function parse(line: string): Fields | undefined {
  const value = line.startsWith('{') ? parseFields(line) : undefined;
  // Half a line of a process that was killed, or not Claude's: shown as it is.
  return typeof value?.['type'] === 'string' ? value : undefined;
}

const entry = (who: string, text: string): Entry => ({ who, text: shorten(text, TEXT_CHARACTERS_MAX) });
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const shorten = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max)}...`);
