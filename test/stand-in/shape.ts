/**
 * What a printed line looks like without what differs from run to run: ids, times, counts, wording.
 * Two runs are alike when their shapes are.
 */
export type Shape = Readonly<Record<string, unknown>>;

/** Values that must agree, not only be there. */
const TOLD = [
  'type',
  'subtype',
  'is_error',
  'api_error_status',
  'api_error_type',
  'api_error',
  'error',
  'error_status',
  'attempt',
  'max_retries',
  'num_turns',
  'stop_reason',
  'terminal_reason',
  'isReplay',
  'state',
  'queued_turn_count',
  'result_index',
] as const;

export function shapeOf(text: string): Shape {
  const line = record(JSON.parse(text));
  const told = Object.fromEntries(TOLD.filter((key) => key in line).map((key) => [key, line[key]]));
  return {
    ...told,
    keys: Object.keys(line).toSorted(),
    typeFirst: Object.keys(line)[0] === 'type',
    ...inside(line, 'message', messageShape),
    ...inside(line, 'usage', keysOf),
    ...inside(line, 'subagent_stats', keysOf),
    ...inside(line, 'response', responseShape),
    ...inside(line, 'rate_limit_info', (info) => ({ status: info['status'], ...keysOf(info) })),
    ...inside(line, 'modelUsage', (usage) => Object.values(usage).map((one) => keysOf(record(one)))),
  };
}

/**
 * The order of some lines against the others depends on the moment, so each of these is compared on its own: what
 * answers the user, when messages were queued and started, and the quota.
 */
export function strands(texts: readonly string[]): { main: Shape[]; lifecycle: unknown[]; limits: unknown[] } {
  const shapes = texts.map(shapeOf);
  const beside = new Set<unknown>(['command_lifecycle', 'rate_limit_event']);
  return {
    main: shapes.filter((shape) => !beside.has(shape['type'])),
    lifecycle: shapes.filter((shape) => shape['type'] === 'command_lifecycle'),
    limits: shapes.filter((shape) => shape['type'] === 'rate_limit_event'),
  };
}

function messageShape(message: Record<string, unknown>): Shape {
  const content = message['content'];
  const blocks = Array.isArray(content) ? content.map((block) => record(block)) : [];
  return {
    keys: Object.keys(message).toSorted(),
    synthetic: message['model'] === '<synthetic>',
    blocks: blocks.map((block) => [block['type'], block['is_error'], Object.keys(block).toSorted()]),
    ...inside(message, 'usage', keysOf),
  };
}

function responseShape(response: Record<string, unknown>): Shape {
  const inner = response['response'];
  const told = { subtype: response['subtype'], ...keysOf(response) };
  if (inner === undefined) return told;
  return { ...told, response: keysOf(record(inner)), ...inside(record(inner), 'account', (account) => account) };
}

function inside(
  holder: Record<string, unknown>,
  key: string,
  shape: (value: Record<string, unknown>) => unknown,
): Record<string, unknown> {
  return key in holder ? { [key]: shape(record(holder[key])) } : {};
}

function keysOf(value: Record<string, unknown>): { keys: string[] } {
  return { keys: Object.keys(value).toSorted() };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
