import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiDeed, ApiFault } from './script.ts';

export type Refusal = Exclude<ApiFault, 'hang' | 'drop'>;

const REFUSALS: Readonly<Record<Refusal, { status: number; type: string; message: string }>> = {
  '401': { status: 401, type: 'authentication_error', message: 'Invalid authentication credentials' },
  '401bearer': { status: 401, type: 'authentication_error', message: 'Invalid bearer token' },
  '401expired': {
    status: 401,
    type: 'authentication_error',
    message: 'OAuth access token has expired. Re-authenticate to continue.',
  },
  '403revoked': {
    status: 403,
    type: 'permission_error',
    message: 'OAuth token has been revoked. Please obtain a new token.',
  },
  '429': { status: 429, type: 'rate_limit_error', message: 'Error' },
  '429cap': { status: 429, type: 'rate_limit_error', message: 'Error' },
  '529': { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  '500': { status: 500, type: 'api_error', message: 'Internal server error' },
  '400credit': {
    status: 400,
    type: 'invalid_request_error',
    message:
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  },
};

export function refuse(response: ServerResponse, refusal: Refusal, deed: ApiDeed, requestId: string): number {
  const { status, type, message } = REFUSALS[refusal];
  const body = { type: 'error', error: { type, message: deed.message ?? message }, request_id: requestId };
  response.writeHead(status, {
    'content-type': 'application/json',
    'request-id': requestId,
    ...(refusal === '429' ? { 'x-should-retry': 'true' } : {}),
    ...(refusal === '429cap' ? quotaHeaders(deed) : {}),
  });
  response.end(JSON.stringify(body));
  return status;
}

/** These make Claude Code speak of a quota that is used up until a time, and not of a passing throttle. */
function quotaHeaders(deed: ApiDeed): Record<string, string> {
  return {
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-reset': String(deed.resetsAt ?? Math.floor(Date.now() / 1000) + 3_600),
    'anthropic-ratelimit-unified-representative-claim': deed.claim ?? 'five_hour',
  };
}

export type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly name: string; readonly input: Readonly<Record<string, string>> };

export type Reply = {
  readonly model: string;
  readonly block: Block;
  readonly requestId: string;
  readonly delayMs: number;
  readonly pieces: number;
};

export async function answerJson(response: ServerResponse, reply: Reply): Promise<void> {
  await sleep(reply.delayMs);
  const usage = { input_tokens: 10, output_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const content = [withId(reply)];
  response.writeHead(200, { 'content-type': 'application/json', 'request-id': reply.requestId });
  response.end(JSON.stringify({ ...messageOf(reply), content, stop_reason: stopReason(reply.block), usage }));
}

export async function answerStream(response: ServerResponse, reply: Reply): Promise<void> {
  const send = (event: { readonly type: string } & Record<string, unknown>): void => {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const pieces = piecesOf(reply);
  if (pieces.length === 1) await sleep(reply.delayMs);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': reply.requestId });
  send({ type: 'message_start', message: messageOf(reply) });
  send({ type: 'content_block_start', index: 0, content_block: emptied(withId(reply)) });
  for (const piece of pieces) {
    if (pieces.length > 1) await sleep(reply.delayMs / pieces.length);
    const text = reply.block.type === 'text';
    const delta = text ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece };
    send({ type: 'content_block_delta', index: 0, delta });
  }
  send({ type: 'content_block_stop', index: 0 });
  const delta = { stop_reason: stopReason(reply.block), stop_sequence: null };
  send({ type: 'message_delta', delta, usage: { output_tokens: 3 } });
  send({ type: 'message_stop' });
  response.end();
}

function messageOf(reply: Reply): Record<string, unknown> {
  const usage = { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = { id: `msg_${reply.requestId}`, type: 'message', role: 'assistant', model: reply.model };
  return { ...message, content: [], stop_reason: null, stop_sequence: null, usage };
}

function withId(reply: Reply): Block | (Block & { id: string }) {
  return reply.block.type === 'text' ? reply.block : { ...reply.block, id: `toolu_${reply.requestId}` };
}

function emptied(block: Block): Record<string, unknown> {
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function stopReason(block: Block): string {
  return block.type === 'text' ? 'end_turn' : 'tool_use';
}

function piecesOf({ block, pieces }: Reply): string[] {
  const whole = block.type === 'text' ? block.text : JSON.stringify(block.input);
  const size = Math.max(1, Math.ceil(whole.length / Math.max(1, pieces)));
  const cut = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
    whole.slice(at * size, (at + 1) * size),
  );
  return cut.length === 0 ? [''] : cut;
}
