import { describe, expect, test } from 'vitest';
import { parseLine } from '../../src/claude/line.ts';
import type { Failure, FailureKind } from '../../src/kernel/facts.ts';

type Case = readonly [kind: FailureKind, status: number | null, error: string, detail: string | null, text: string];

/**
 * What 2.1.195 and 2.1.328 printed when a stand-in API gave the answer that belongs to it: the fields of the assistant
 * line and its text (some are shortened at their end).
 */
const MEASURED: readonly Case[] = [
  ['billing', 402, 'unknown', null, 'API Error: 402 Payment required'],
  ['message', 413, 'invalid_request', null, 'Request too large (max 32MB). Try with a smaller file.'],
  [
    'message',
    413,
    'invalid_request',
    null,
    'Request too large (max 32MB). Accumulated images and attachments in the conversation pushed the request over the limit. Remove',
  ],
  [
    'server',
    500,
    'server_error',
    null,
    'API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment',
  ],
  [
    'overloaded',
    529,
    'server_error',
    null,
    'API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a moment',
  ],
  [
    'auth',
    401,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 401 Invalid authentication credentials',
  ],
  [
    'credential',
    401,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 401 OAuth access token has expired. Re-authenticate to continue.',
  ],
  [
    'credential',
    401,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 401 OAuth token has expired. Please obtain a new token or refresh your existing token.',
  ],
  [
    'credential',
    401,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 401 OAuth access token has been revoked.',
  ],
  [
    'credential',
    401,
    'authentication_failed',
    null,
    'Failed to authenticate: OAuth token revoked. Please log in again or contact your administrator.',
  ],
  [
    'credential',
    403,
    'authentication_failed',
    null,
    'Your account does not have access to Claude. Please login again or contact your administrator.',
  ],
  [
    'credential',
    403,
    'authentication_failed',
    null,
    'Failed to authenticate: OAuth token revoked. Please log in again or contact your administrator.',
  ],
  ['auth', 401, 'authentication_failed', null, 'Failed to authenticate. API Error: 401 Invalid bearer token'],
  [
    'account',
    401,
    'oauth_org_not_allowed',
    null,
    'Your organization has disabled Claude subscription access for Claude Code · Use an Anthropic API key instead, or ask your admin',
  ],
  [
    'auth',
    401,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 401 The socket connection was closed unexpectedly',
  ],
  [
    'config',
    403,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 403 OAuth token does not meet scope requirement: user:profile',
  ],
  [
    'auth',
    403,
    'authentication_failed',
    null,
    'Failed to authenticate. API Error: 403 <html><body>Forbidden</body></html>',
  ],
  ['auth', 403, 'authentication_failed', null, 'Failed to authenticate. API Error: 403 Forbidden'],
  ['account', 400, 'unknown', null, 'API Error: 400 This organization has been disabled.'],
  ['billing', 400, 'billing_error', null, 'Credit balance is too low'],
  ['auth', 403, 'authentication_failed', null, 'Failed to authenticate. API Error: 403 Your account is on hold'],
  [
    'model',
    404,
    'model_not_found',
    null,
    "There's an issue with the selected model (claude-sonnet-4-6). It may not exist or you may not have access to it. Run --model to",
  ],
  [
    'model',
    404,
    'model_not_found',
    null,
    "There's an issue with the selected model (claude-sonnet-5-5). It may not exist or you may not have access to it. Run --model to",
  ],
  [
    'transcript-poisoned',
    400,
    'unknown',
    null,
    'API Error: 400 messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.',
  ],
  ['transcript-poisoned', 400, 'invalid_request', null, 'API Error: 400 due to tool use concurrency issues.'],
  [
    'transcript-poisoned',
    400,
    'invalid_request',
    'tool_history_mismatch',
    'API Error: 400 due to tool use concurrency issues.',
  ],
  [
    'transcript-poisoned',
    400,
    'unknown',
    null,
    'API Error: 400 messages.0.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01. Each `tool_result` block',
  ],
  [
    'transcript-poisoned',
    400,
    'invalid_request',
    'tool_history_mismatch',
    'API Error: 400 orphaned tool_result in conversation history.',
  ],
  [
    'transcript-poisoned',
    400,
    'invalid_request',
    null,
    'API Error: 400 duplicate tool_use ID in conversation history.',
  ],
  [
    'transcript-poisoned',
    400,
    'invalid_request',
    'tool_history_mismatch',
    'API Error: 400 duplicate tool_use ID in conversation history.',
  ],
  [
    'transcript-poisoned',
    400,
    'invalid_request',
    null,
    'Image was too large. Try resizing the image or using a different approach.',
  ],
  [
    'message',
    400,
    'invalid_request',
    null,
    'API Error: an image in the conversation could not be processed and was removed. Re-read the file with a different approach if you',
  ],
  [
    'message',
    400,
    'invalid_request',
    'media_removed',
    'API Error: an image in the conversation could not be processed and was removed. Re-read the file with a different approach if you',
  ],
  [
    'transcript-poisoned',
    400,
    'invalid_request',
    null,
    'An image in the conversation exceeds the dimension limit for many-image requests (2000px). Start a new session with fewer images.',
  ],
  [
    'message',
    400,
    'invalid_request',
    null,
    'Prompt is too long · the request is ~208310 tokens (limit 200000) but this conversation is only ~1586 tokens — the rest is system',
  ],
  [
    'message',
    400,
    'invalid_request',
    null,
    'Prompt is too long · the request is ~208310 tokens (limit 200000) but this conversation is only ~2600 tokens — the rest is system',
  ],
  ['config', 400, 'unknown', null, 'API Error: 400 context_management: Extra inputs are not permitted'],
  ['message', 400, 'unknown', null, 'API Error: 400 something about your message'],
  ['capped', 429, 'rate_limit', null, "You've hit your Opus limit · resets 9:10am (UTC)"],
  ['capped', 429, 'rate_limit', 'usage_limit_reached', "You've hit your Opus limit · resets 9:10am (UTC)"],
  ['capped', 429, 'rate_limit', null, "You've hit your session limit"],
  ['capped', 429, 'rate_limit', 'usage_limit_reached', "You've hit your 5-hour limit"],
  [
    'billing',
    429,
    'rate_limit',
    null,
    'API Error: Usage credits required for 1M context · turn on usage credits at claude.ai/settings/usage, or use --model to switch to',
  ],
  [
    'billing',
    429,
    'rate_limit',
    'long_context_credits_required',
    'API Error: Usage credits required for 1M context · turn on usage credits at',
  ],
  [
    'throttled',
    429,
    'rate_limit',
    null,
    'API Error: Server is temporarily limiting requests (not your usage limit) · Error',
  ],
  ['network', null, 'server_error', null, 'API Error: Unable to connect to API (ConnectionRefused)'],
  [
    'network',
    null,
    'server_error',
    'connection_failed',
    'API Error: Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)',
  ],
  [
    'network',
    null,
    'server_error',
    'connection_failed',
    "API Error: Can't reach the API server — check your internet or DNS (ENOTFOUND)",
  ],
  [
    'config',
    null,
    'server_error',
    null,
    'API Error: Unable to connect to API (UNKNOWN_CERTIFICATE_VERIFICATION_ERROR)',
  ],
  ['network', null, 'server_error', null, 'API Error: Unable to connect to API (EPROTO)'],
  ['credential', null, 'authentication_failed', null, 'Not logged in · Please run /login'],
  ['config', null, 'unknown', null, "API Error: Header '14' has invalid value: 'Bearer sk-ant-oat01-aaa\nbbb'"],
  [
    'config',
    null,
    'invalid_request',
    'invalid_credential_header',
    'Invalid auth token · Fix external auth token · Invalid Authorization header value from CLAUDE_CODE_OAUTH_TOKEN: it contains a',
  ],
];

const refused = (status: number | null, error: string | null, detail: string | null, text: string): Failure => {
  const fact = parseLine(
    JSON.stringify({
      type: 'assistant',
      message: { model: '<synthetic>', content: [{ type: 'text', text }] },
      error,
      is_api_error_message: true,
      ...(status === null ? {} : { api_error_status: status }),
      ...(detail === null ? {} : { api_error: detail }),
    }),
  );
  if (fact.fact !== 'refused') throw new Error(`not refused: ${fact.fact}`);
  return fact.failure;
};

const ended = (status: number | null, text: string): Failure | null => {
  const fact = parseLine(
    JSON.stringify({ type: 'result', subtype: 'success', is_error: true, api_error_status: status, result: text }),
  );
  return fact.fact === 'turn-ended' ? fact.failure : null;
};

describe('failures as they were measured', () => {
  test.each(MEASURED)('%s: %s %s %s %s', (kind, status, error, detail, text) => {
    expect(refused(status, error, detail, text)).toMatchObject({ kind, status, error });
  });

  test.each(MEASURED)('%s, also by the result that follows, which has no error word: %s %s %s %s', (...measured) => {
    const [kind, status, , , text] = measured;
    expect(ended(status, text)).toMatchObject({ kind, status, error: null });
  });
});

test.each(MEASURED)('%s, also where the line has no status of its own (2.1.195): %s %s %s %s', (...measured) => {
  const [kind, , error, , text] = measured;
  expect(refused(null, error, null, text)).toMatchObject({ kind, status: null });
});

/** Texts of the program and of issue threads that nobody could measure here. */
test.each<Case>([
  ['credential', 401, 'authentication_failed', null, 'Please run /login · API Error: 401 OAuth token has expired.'],
  ['credential', 401, 'authentication_failed', null, 'OAuth token revoked · Please run /login'],
  ['credential', 403, 'authentication_failed', null, 'OAuth token revoked · Please run /login'],
  [
    'credential',
    null,
    'authentication_failed',
    null,
    'Failed to authenticate: this login reached its time limit · Sign in again to continue',
  ],
  ['credential', null, 'invalid_request', 'stored_login_refused', 'anything'],
  ['credential', null, 'cloud_credential_error', null, 'API Error: Could not load AWS credentials · expired.'],
  ['auth', 403, 'authentication_failed', null, 'API Error: 403 Forbidden'],
  [
    'auth',
    401,
    'authentication_failed',
    null,
    'Authentication error · This may be a temporary network issue, please try again',
  ],
  ['auth', null, 'authentication_failed', null, 'words of a later version'],
  ['config', 401, 'authentication_failed', null, 'Invalid API key · Fix external API key'],
  ['config', 401, 'authentication_failed', null, 'Failed to authenticate. API Error: 401 invalid x-api-key'],
  [
    'config',
    null,
    'authentication_failed',
    null,
    "Your apiKeyHelper script is failing · This usually means you need to re-authenticate with your provider · Run /status to see the script's error output",
  ],
  [
    'config',
    403,
    'invalid_request',
    null,
    'Your organization has disabled API key authentication · Unset ANTHROPIC_API_KEY to use your claude.ai account instead',
  ],
  ['config', null, 'server_error', null, 'API Error: Unable to connect to API: SSL certificate has expired'],
  ['config', null, 'server_error', 'tls_untrusted_ca', 'API Error: Unable to connect to API'],
  ['account', 401, 'oauth_org_not_allowed', null, ''],
  ['account', null, 'account_on_hold', null, ''],
  ['account', null, 'verification_required', null, ''],
  [
    'account',
    400,
    'invalid_request',
    null,
    'Your ANTHROPIC_API_KEY belongs to a disabled organization · Update or unset the environment variable',
  ],
  [
    'auth-transient',
    null,
    'server_error',
    null,
    'Could not refresh your login because another Claude Code process is refreshing it (or exited mid-refresh) · Try again in a minute',
  ],
  ['capped', 429, 'rate_limit', null, "You've reached your Fable 5 limit. /model to switch models."],
  ['capped', 429, 'rate_limit', null, "You've hit your monthly spend limit. /model to switch models."],
  ['billing', 429, 'rate_limit', null, "You're out of usage credits. /model to switch models."],
  ['billing', 429, 'rate_limit', null, 'Fable 5 requires usage credits. /model to switch models.'],
  ['throttled', 429, 'rate_limit', null, 'API Error: Request rejected (429) · upstream rate limit exceeded'],
  ['throttled', null, 'rate_limit', null, 'Opus is experiencing high load, please use /model to switch to Sonnet'],
  ['overloaded', null, 'server_error', null, 'API Error: Repeated 529 Overloaded errors. The API is at capacity'],
  ['overloaded', null, 'overloaded', null, ''],
  ['server', 503, 'server_error', null, 'API Error: 503 OAuth token has expired'],
  [
    'network',
    null,
    'server_error',
    null,
    'API Error: Connection to the API was lost (ECONNRESET). This is usually temporary — try again.',
  ],
  ['network', null, 'server_error', null, 'Request timed out'],
  ['network', null, 'unknown', null, 'API Error: fetch failed'],
  ['server', null, 'server_error', null, 'words of a later version'],
  ['message', 400, 'max_output_tokens', null, "API Error: Claude's response exceeded the 32000 output token maximum."],
  ['message', null, 'invalid_request', null, 'API Error: Claude Code is unable to respond to this request'],
  ['unknown', null, 'unknown', null, 'API Error: words of a later version'],
])('%s by text: %s %s %s %s', (kind, status, error, detail, text) => {
  expect(refused(status, error, detail, text)).toMatchObject({ kind });
});

describe('texts', () => {
  test('count at the start of a failed line only', () => {
    expect(refused(401, 'authentication_failed', null, 'he said: OAuth token has expired').kind).toBe('auth');
    expect(ended(null, 'I read that "Login expired · Please run /login" and stopped')).toMatchObject({
      kind: 'unknown',
    });
  });

  test('never overrule a status that they do not belong to', () => {
    expect(refused(500, 'server_error', null, 'Not logged in · Please run /login').kind).toBe('server');
    expect(refused(529, 'server_error', null, "You've hit your session limit").kind).toBe('overloaded');
    expect(refused(401, 'authentication_failed', null, 'Unable to connect to API').kind).toBe('auth');
    expect(refused(401, 'authentication_failed', null, "You've hit your session limit").kind).toBe('auth');
  });

  test('are kept as an excerpt: one line, bounded, without secrets', () => {
    const text = `API Error: Header '14' has invalid value: 'Bearer sk-ant-oat01-${'a'.repeat(90)}'\u001b[31m\n${'x '.repeat(400)}`;
    const failure = refused(null, 'unknown', null, text);
    expect(failure.text.length).toBeLessThanOrEqual(300);
    expect(failure.text).toMatch(/^API Error: Header '14' has invalid value: 'Bearer sk-ant-oat01-\[redacted\]' x x/);
  });
});

test('a missing conversation is no failure that the line explains: stderr does', () => {
  const fact = parseLine(
    '{"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":0,"errors":["No conversation found with session ID: x"]}',
  );
  expect(fact).toMatchObject({ failure: { kind: 'unknown', text: 'No conversation found with session ID: x' } });
});
