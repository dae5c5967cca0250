import type { Failure, FailureKind, StreamFact } from '../../../src/kernel/facts.ts';

/** What Claude Code prints for what happens to it, as short as the daemon lets it be. */

type Words = { readonly status: number | null; readonly error: string; readonly text: string };

const WORDS: Readonly<Partial<Record<FailureKind, Words>>> = {
  auth: {
    status: 401,
    error: 'authentication_failed',
    text: 'Failed to authenticate. API Error: 401 Invalid authentication credentials',
  },
  credential: { status: 401, error: 'authentication_failed', text: 'API Error: 401 OAuth access token has expired.' },
  throttled: { status: 429, error: 'rate_limit', text: 'API Error: Server is temporarily limiting requests' },
  overloaded: { status: 529, error: 'server_error', text: 'API Error: 529 Overloaded.' },
  server: { status: 500, error: 'server_error', text: 'API Error: 500 Internal server error' },
};

const wordsOf = ({ kind }: Failure): Words => WORDS[kind] ?? { status: null, error: 'unknown', text: kind };

type Said = { readonly session: string; readonly run: string; readonly answer: string };

const text = (words: string): readonly object[] => [{ type: 'text', text: words }];

/** A fact as the line that says it. */
export function lineOf(fact: StreamFact, { session, run, answer }: Said): string {
  return `${JSON.stringify({ ...fieldsOf(fact, run, answer), session_id: session })}\n`;
}

function fieldsOf(fact: StreamFact, run: string, answer: string): object {
  switch (fact.fact) {
    case 'initialized': {
      const response = { account: { tokenSource: fact.tokenSource } };
      return { type: 'control_response', response: { subtype: 'success', request_id: `init-${run}`, response } };
    }
    case 'turn-started':
      return {
        type: 'system',
        subtype: 'init',
        model: fact.model,
        claude_code_version: fact.claudeVersion,
        apiKeySource: fact.apiKeySource,
      };
    case 'accepted':
      return { type: 'user', uuid: fact.uuid, message: { role: 'user', content: text('…') }, isReplay: true };
    case 'answered': {
      const message = { id: fact.messageId, role: 'assistant', model: fact.model, content: text('an answer') };
      return { type: 'assistant', uuid: fact.uuid, message, parent_tool_use_id: null };
    }
    case 'refused': {
      const words = wordsOf(fact.failure);
      const message = { id: 'synthetic', role: 'assistant', model: '<synthetic>', content: text(words.text) };
      return { type: 'assistant', error: words.error, message, request_id: fact.failure.requestId };
    }
    case 'retrying':
      return {
        type: 'system',
        subtype: 'api_retry',
        error_status: fact.status,
        attempt: fact.attempt,
        retry_delay_ms: fact.delayMs,
      };
    case 'turn-ended':
      return resultOf(fact, answer);
    default:
      return { type: 'noise' };
  }
}

function resultOf(fact: Extract<StreamFact, { fact: 'turn-ended' }>, answer: string): object {
  const result = { type: 'result', subtype: 'success', num_turns: 1, total_cost_usd: fact.totalCostUsd };
  if (fact.outcome === 'aborted')
    return { ...result, subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_streaming' };
  if (fact.failure === null) return { ...result, is_error: false, result: answer };
  const { status, text: why } = wordsOf(fact.failure);
  return { ...result, is_error: true, api_error_status: status, result: why };
}
