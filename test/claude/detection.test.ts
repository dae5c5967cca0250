import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { StreamFact } from '../../src/kernel/facts.ts';
import { parseLine } from '../../src/claude/line.ts';
import { mayMatter } from '../../src/claude/prefilter.ts';

/** One word for what a line is evidence of, null when it is none. */
function evidenceOf(fact: StreamFact): string | null {
  switch (fact.fact) {
    case 'refused':
      return fact.failure.kind;
    case 'turn-ended':
      return fact.failure?.kind ?? null;
    case 'retrying':
      return fact.status === 401 || fact.status === 403 ? 'suspect' : 'retrying';
    case 'limited':
      return 'limited';
    case 'initialized':
    case 'turn-started':
    case 'accepted':
    case 'answered':
    case 'other':
      return null;
  }
}

/** Lines as the field reports them; the word in front is what they must come out as. */
const MUST_FIRE: readonly (readonly [string, string])[] = [
  [
    'auth',
    `{"type":"result","subtype":"success","is_error":true,"api_error_status":401,"terminal_reason":"api_error","result":"Failed to authenticate. API Error: 401 Invalid authentication credentials"}`,
  ],
  [
    'credential',
    `{"type":"result","subtype":"success","is_error":true,"api_error_status":401,"result":"Failed to authenticate. API Error: 401 OAuth access token has expired. Re-authenticate to continue."}`,
  ],
  [
    'credential',
    `{"type":"assistant","message":{"model":"<synthetic>","role":"assistant","content":[{"type":"text","text":"Not logged in · Please run /login"}]},"session_id":"s","error":"authentication_failed"}`,
  ],
  [
    'credential',
    `{"type":"assistant","error":"authentication_failed","isApiErrorMessage":true,"apiErrorStatus":401,"message":{"model":"<synthetic>","role":"assistant","content":[{"type":"text","text":"Login expired · Please run /login"}]}}`,
  ],
  [
    'credential',
    `{"type":"result","subtype":"success","is_error":true,"result":"Failed to authenticate: OAuth session expired and could not be refreshed"}`,
  ],
  [
    'auth-transient',
    `{"type":"assistant","message":{"model":"<synthetic>","role":"assistant","content":[{"type":"text","text":"Failed to refresh OAuth token: another Claude Code process is refreshing it or exited mid-refresh."}]},"session_id":"s","error":"server_error"}`,
  ],
  ['suspect', `{"type":"system","subtype":"api_retry","attempt":1,"error_status":401,"error":"authentication_failed"}`],
  [
    'capped',
    `{"type":"result","is_error":true,"api_error_status":429,"result":"You've hit your session limit · resets 10:47pm (America/Bogota)"}`,
  ],
  [
    'capped',
    `{"type":"assistant","message":{"model":"<synthetic>","content":[{"type":"text","text":"You've hit your weekly limit · resets Oct 4 at 12am (America/Los_Angeles)"}]},"quotaLimits":{"status":"rejected","resetsAt":1790000000,"rateLimitType":"seven_day"},"error":"rate_limit","isApiErrorMessage":true,"apiErrorStatus":429}`,
  ],
  [
    'throttled',
    `{"type":"assistant","isApiErrorMessage":true,"error":"rate_limit","apiErrorIsTransient":true,"apiErrorStatus":429,"message":{"role":"assistant","content":[{"type":"text","text":"API Error: Server is temporarily limiting requests (not your usage limit) · rate limited"}]}}`,
  ],
  [
    'overloaded',
    `{"type":"assistant","error":"server_error","isApiErrorMessage":true,"apiErrorStatus":529,"message":{"content":[{"type":"text","text":"API Error: 529 Overloaded."}]}}`,
  ],
];

const prose = (text: string): string =>
  JSON.stringify({
    type: 'assistant',
    message: { id: 'm', model: 'claude-opus-4-8', role: 'assistant', content: [{ type: 'text', text }] },
    parent_tool_use_id: null,
    session_id: 's',
  });

const toolResult = (content: unknown): string =>
  JSON.stringify({
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content, is_error: true }] },
    tool_use_result: { stdout: content },
    session_id: 's',
    uuid: 'u',
  });

const MUST_NOT_FIRE: readonly string[] = [
  ...MUST_FIRE.map(([, line]) => toolResult(line)),
  ...MUST_FIRE.map(([, line]) => toolResult(JSON.parse(line))),
  ...MUST_FIRE.map(([, line]) => JSON.stringify({ type: 'user', message: { role: 'user', content: line } })),
  ...MUST_FIRE.map(([, line]) => JSON.stringify({ type: 'stream_event', event: JSON.parse(line) })),
  ...MUST_FIRE.map(([, line]) => prose(line)),
  ...MUST_FIRE.map(([, line]) => `tool: ${line}`),
  ...MUST_FIRE.map(([, line]) => JSON.stringify([JSON.parse(line)])),
  ...MUST_FIRE.map(([, line]) => JSON.stringify(line)),
  prose('I hit a 401 earlier but it cleared up'),
  prose('Please run /login is what it said'),
  prose('Failed to authenticate. API Error: 401 Invalid authentication credentials'),
  prose('Not logged in · Please run /login'),
  prose("You've hit your session limit · resets 7am"),
  `{"type":"result","is_error":false,"duration_ms":401}`,
  `{"type":"result","subtype":"success","is_error":false,"result":"API Error: 401 Invalid authentication credentials"}`,
  `{"type":"result","is_error":true,"terminal_reason":"aborted_streaming","api_error_status":401,"result":"Failed to authenticate. API Error: 401"}`,
  `{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools"}`,
  `{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":1790000000,"rateLimitType":"five_hour"}}`,
  `{"type":"rate_limit_event","rate_limit_info":{"status":"allowed"}}`,
  `{"type":"system","subtype":"informational","content":"Your login expires in 3 days · run /login to renew"}`,
  `{"type":"system","subtype":"notification","text":"MCP server \\"x\\" requires re-authorization (token expired)"}`,
  `{"type":"system","subtype":"init","session_id":"s","mcp_servers":[{"name":"x","status":"needs-auth"}],"model":"m"}`,
  `{"type":"assistant","message":{"model":"<synthetic>","content":[{"type":"text","text":"No response requested."}]}}`,
  `Failed to authenticate. API Error: 401 Invalid authentication credentials`,
  `Please run /login · API Error: 401 Invalid authentication credentials`,
];

describe('what must be heard', () => {
  test.each(MUST_FIRE)('%s: %s', (expected, line) => {
    expect(evidenceOf(parseLine(line))).toBe(expected);
    const bytes = Buffer.from(line);
    expect(mayMatter(bytes, 0, bytes.length)).toBe(true);
  });

  test('a cap tells when it ends, a throttle has no end', () => {
    expect(parseLine(MUST_FIRE[8]?.[1] ?? '')).toMatchObject({ failure: { resetsAt: 1_790_000_000_000, status: 429 } });
    expect(parseLine(MUST_FIRE[7]?.[1] ?? '')).toMatchObject({ failure: { resetsAt: null } });
    expect(parseLine(MUST_FIRE[9]?.[1] ?? '')).toMatchObject({ failure: { resetsAt: null } });
  });
});

describe('what must not be heard', () => {
  test.each(MUST_NOT_FIRE)('%s', (line) => {
    expect(evidenceOf(parseLine(line))).toBeNull();
  });

  test('one retry with 401 that a good answer follows leaves a suspicion and a proof, no verdict', () => {
    const facts = [MUST_FIRE[6]?.[1] ?? '', prose('pong')].map(parseLine);
    expect(facts.map((fact) => fact.fact)).toEqual(['retrying', 'answered']);
  });

  test('what a tool prints is skipped without being decoded', () => {
    for (const [, line] of MUST_FIRE) {
      const bytes = Buffer.from(toolResult(line));
      expect(mayMatter(bytes, 0, bytes.length)).toBe(false);
    }
  });
});
