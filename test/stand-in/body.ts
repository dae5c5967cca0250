/** What a request of Claude Code says, read out of its JSON body. */
export type Body = {
  readonly model: string;
  readonly streams: boolean;
  /** `main`: the conversation itself. `side`: anything else that the CLI asks for. */
  readonly kind: 'main' | 'side';
  /** What the user said, in order, without what Claude Code puts beside it. */
  readonly texts: readonly string[];
  /** The conversation ends with the result of a tool. */
  readonly afterTool: boolean;
};

/** Put into the conversation by Claude Code in the user's name. */
const NOT_SAID = /^(<system-reminder>|\[Request interrupted by user)/;
/** How a message that comes while a tool runs is shown to the model; the words after it differ by version. */
const SAID_MEANWHILE =
  /The user sent a new message while you were working:\n([\s\S]*?)\n\n(?:IMPORTANT: After|This is how Claude Code)/g;

export function readBody(raw: string): Body {
  const value = parse(raw);
  const messages = listOf(value['messages']);
  const last = messages.findLast((message) => message['role'] === 'user');
  return {
    model: stringOf(value['model']),
    streams: value['stream'] === true,
    // Measured: the main conversation always offers tools, and nothing else does.
    kind: listOf(value['tools']).length > 0 ? 'main' : 'side',
    texts: messages.flatMap(textsOf),
    afterTool: last !== undefined && listOf(last['content']).some((block) => block['type'] === 'tool_result'),
  };
}

type Json = Record<string, unknown>;

function textsOf(message: Json): string[] {
  const content = message['content'];
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
  return blocks.flatMap((block) => {
    const text = block['type'] === 'tool_result' ? toolText(block['content']) : stringOf(block['text']);
    const meanwhile = [...text.matchAll(SAID_MEANWHILE)].map((match) => match[1] ?? '');
    if (message['role'] !== 'user' || block['type'] !== 'text' || NOT_SAID.test(text)) return meanwhile;
    // Two messages side by side are kept apart by a newline that nobody wrote.
    return [text.replace(/\n$/, '')];
  });
}

function toolText(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((block) => stringOf(block['text']))
    .join('\n');
}

function parse(raw: string): Json {
  try {
    const value: unknown = JSON.parse(raw);
    return isRecord(value) ? value : {};
  } catch {
    // A request without a body, or a raw probe of a test: it has said nothing.
    return {};
  }
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
