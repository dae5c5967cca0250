import type { StreamFact } from '../kernel/facts.ts';
import { excerpt } from '../kernel/redaction.ts';
import { failureOf } from './failure.ts';
import { INITIALIZE_PREFIX } from './frames.ts';
import { instantOf, quotaOf } from './quota.ts';
import { blocksOf, contentText, isFields, numberOf, parseFields, statusOf, textOf, type Fields } from './record.ts';

/** Long enough for every type that is known, too short to carry text. */
const WHAT_LENGTH_MAX = 60;

const other = (...parts: readonly unknown[]): StreamFact => ({
  fact: 'other',
  what: excerpt(parts.filter((part) => typeof part === 'string').join('/'), WHAT_LENGTH_MAX),
});

/**
 * What one line of an agent's stdout says. Only the top level of the line counts: what a tool printed or a user wrote
 * stands deeper, inside a string, and never becomes a fact. Types that are added here need a needle in `prefilter.ts`.
 */
export function parseLine(line: string): StreamFact {
  const fields = parseFields(line);
  if (fields === undefined) return other('not-json');
  switch (fields['type']) {
    case 'assistant':
      return assistantFact(fields);
    case 'result':
      return resultFact(fields);
    case 'system':
      return systemFact(fields);
    case 'user':
      return userFact(fields);
    case 'rate_limit_event':
      return limitFact(fields);
    case 'control_response':
      return responseFact(fields);
    default:
      return other(fields['type'] ?? 'untyped', fields['subtype']);
  }
}

/** A synthetic model without an error is Claude Code talking to itself: neither an answer nor a failure. */
function assistantFact(fields: Fields): StreamFact {
  const message = isFields(fields['message']) ? fields['message'] : {};
  const error = fields['error'];
  const marked = fields['isApiErrorMessage'] === true || fields['is_api_error_message'] === true;
  if (marked || (error !== undefined && error !== null && error !== false && error !== '')) {
    return { fact: 'refused', failure: refusal(fields, contentText(message['content'])) };
  }
  const model = textOf(message['model']);
  if (model === null || model === '<synthetic>') return other('assistant', model ?? 'no-model');
  return {
    fact: 'answered',
    messageId: textOf(message['id']),
    model,
    uuid: textOf(fields['uuid']),
    requestId: requestIdOf(fields),
    usedTools: blocksOf(message['content']).some((block) => block['type'] === 'tool_use'),
    sidechain: textOf(fields['parent_tool_use_id']) !== null,
  };
}

/** `subtype:"success"` is printed for failed turns too; only `is_error` tells. An interrupt is nobody's failure. */
function resultFact(fields: Fields): StreamFact {
  const ended = {
    fact: 'turn-ended',
    sessionId: textOf(fields['session_id']),
    totalCostUsd: numberOf(fields['total_cost_usd']),
  } as const;
  if (textOf(fields['terminal_reason'])?.startsWith('aborted_') === true) {
    return { ...ended, outcome: 'aborted', local: false, failure: null };
  }
  // Measured on both versions: `/help`, `/compact`, an unknown command on 2.1.195.
  const local = fields['num_turns'] === 0;
  if (fields['is_error'] !== true) return { ...ended, outcome: 'good', local, failure: null };
  const subtype = textOf(fields['subtype']);
  const error = textOf(fields['error']) ?? (subtype?.startsWith('error_') === true ? subtype : null);
  return { ...ended, outcome: 'failed', local, failure: refusal({ ...fields, error }, resultText(fields)) };
}

/** Results of `error_*` subtypes carry `errors` instead of `result` (measured on both versions). */
function resultText(fields: Fields): string {
  const errors = Array.isArray(fields['errors']) ? fields['errors'] : [];
  return textOf(fields['result']) ?? errors.find((error) => typeof error === 'string') ?? '';
}

/** 2.1.195 spells these fields in camel case where it prints them at all, 2.1.328 in snake case. */
function refusal(fields: Fields, text: string): ReturnType<typeof failureOf> {
  return failureOf({
    status: statusOf(fields['api_error_status'] ?? fields['apiErrorStatus']),
    error: textOf(fields['error']),
    detail: textOf(fields['api_error'] ?? fields['apiError'] ?? fields['errorCode']),
    text,
    requestId: requestIdOf(fields),
    quota: quotaOf(fields),
    isTransient: (fields['apiErrorIsTransient'] ?? fields['api_error_is_transient']) === true,
  });
}

const requestIdOf = (fields: Fields): string | null => textOf(fields['request_id']) ?? textOf(fields['requestId']);

function systemFact(fields: Fields): StreamFact {
  switch (fields['subtype']) {
    case 'init':
      return {
        fact: 'turn-started',
        sessionId: textOf(fields['session_id']),
        model: textOf(fields['model']),
        claudeVersion: textOf(fields['claude_code_version']),
        apiKeySource: textOf(fields['apiKeySource']),
      };
    case 'api_retry':
      return {
        fact: 'retrying',
        status: statusOf(fields['error_status']),
        error: textOf(fields['error']),
        attempt: numberOf(fields['attempt']) ?? 1,
        delayMs: numberOf(fields['retry_delay_ms']),
      };
    default:
      return other('system', fields['subtype']);
  }
}

/** Our own message, echoed. Everything else of this type is what a user or a tool said, and never evidence. */
function userFact(fields: Fields): StreamFact {
  const uuid = textOf(fields['uuid']);
  const message = isFields(fields['message']) ? fields['message'] : {};
  const isToolResult = blocksOf(message['content']).some((block) => block['type'] === 'tool_result');
  const isEcho = fields['isReplay'] === true && !isToolResult && textOf(fields['parent_tool_use_id']) === null;
  return isEcho && uuid !== null ? { fact: 'accepted', uuid } : other('user');
}

function limitFact(fields: Fields): StreamFact {
  const info = isFields(fields['rate_limit_info']) ? fields['rate_limit_info'] : {};
  if (info['status'] !== 'rejected') return other('rate_limit_event', info['status']);
  return { fact: 'limited', resetsAt: instantOf(info['resetsAt']), limit: textOf(info['rateLimitType']) };
}

/** The answer to an interrupt has the same shape (in 2.1.328 with a body of its own): only the id tells them apart. */
function responseFact(fields: Fields): StreamFact {
  const response = isFields(fields['response']) ? fields['response'] : {};
  const id = textOf(response['request_id']);
  if (response['subtype'] !== 'success' || id?.startsWith(INITIALIZE_PREFIX) !== true) {
    return other('control_response', response['subtype']);
  }
  const body = isFields(response['response']) ? response['response'] : {};
  const account = isFields(body['account']) ? body['account'] : {};
  return { fact: 'initialized', tokenSource: tokenSourceOf(account) };
}

/**
 * The credential that is really used. With an API key beside an OAuth token both versions still print the token's name
 * as `tokenSource`, and the key's as `apiKeySource`; a stored login has neither (measured).
 */
function tokenSourceOf(account: Fields): string | null {
  const key = textOf(account['apiKeySource']);
  return key !== null && key !== 'none' ? key : textOf(account['tokenSource']);
}
