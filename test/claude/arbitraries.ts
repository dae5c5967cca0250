import * as fc from 'fast-check';

/** Values that make a field mean something, and values that must not break anything. */
const TYPES = ['assistant', 'result', 'system', 'user', 'rate_limit_event', 'control_response', 'stream_event'];
const WORDS = [
  'init',
  'api_retry',
  'success',
  'error',
  'rejected',
  'allowed',
  'status',
  '<synthetic>',
  'claude-opus-4-8',
];
const TEXTS = [
  'Failed to authenticate. API Error: 401 Invalid authentication credentials',
  "You've hit your session limit · resets 7am",
  'Login expired · Please run /login',
  '{"type":"result","is_error":true}',
  'ünïcödé \u2028 "quoted" \\ \u0000',
];

const scalar = fc.oneof(
  fc.constantFrom(...TYPES, ...WORDS, ...TEXTS),
  fc.constantFrom(null, true, false, 401, 429, 529, 1_790_000_000, 'init-1', 'interrupt-1', 'aborted_tools', ''),
  fc.string(),
  fc.double(),
);

const content = fc.oneof(
  scalar,
  fc.array(
    fc.record(
      { type: fc.constantFrom('text', 'tool_use', 'tool_result'), text: scalar, content: scalar },
      { requiredKeys: ['type'] },
    ),
    { maxLength: 3 },
  ),
);

const optional = { requiredKeys: ['type' as const] };

/** Objects that look like lines of the stream, with everything right, missing or of another type. */
export const streamObject = fc.record(
  {
    type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...TYPES) }, { weight: 1, arbitrary: scalar }),
    subtype: fc.oneof(fc.constantFrom(...WORDS), scalar),
    is_error: fc.oneof(fc.boolean(), scalar),
    isReplay: fc.oneof(fc.boolean(), scalar),
    isApiErrorMessage: fc.boolean(),
    error: scalar,
    error_status: scalar,
    api_error: fc.oneof(fc.constantFrom('usage_limit_reached', 'connection_failed'), scalar),
    api_error_status: scalar,
    terminal_reason: scalar,
    result: scalar,
    errors: fc.array(scalar, { maxLength: 2 }),
    uuid: scalar,
    session_id: scalar,
    request_id: scalar,
    parent_tool_use_id: scalar,
    total_cost_usd: scalar,
    message: fc.oneof(scalar, fc.record({ id: scalar, model: scalar, content }, { requiredKeys: [] })),
    rate_limit_info: fc.record({ status: scalar, resetsAt: scalar, rateLimitType: scalar }, { requiredKeys: [] }),
    response: fc.record(
      { subtype: scalar, request_id: scalar, response: fc.record({ account: fc.record({ tokenSource: scalar }) }) },
      { requiredKeys: [] },
    ),
  },
  optional,
);

/** The same value with the keys of every object in another order. */
export function shuffled(value: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) return fc.tuple(...value.map(shuffled));
  if (typeof value !== 'object' || value === null) return fc.constant(value);
  const entries = Object.entries(value);
  return fc
    .tuple(
      fc.shuffledSubarray(entries, { minLength: entries.length }),
      fc.tuple(...entries.map(([, child]) => shuffled(child))),
    )
    .map(([order, children]) => {
      const child = new Map(entries.map(([key], index) => [key, children[index]]));
      return Object.fromEntries(order.map(([key]) => [key, child.get(key)]));
    });
}
