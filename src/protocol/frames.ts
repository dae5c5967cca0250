import { isUtf8 } from 'node:buffer';
import { AgentvisorError, isErrorCode } from './errors.ts';
import { isBomb } from './nesting.ts';

/** What a client takes from a daemon: long enough for an answer of a model and every row of a large fleet. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** What a daemon takes from a client; anybody with the socket may write there, so it is the smaller one. */
export const REQUEST_BYTES_MAX = 8 * 1024 * 1024;
/** An id comes back in the answer, so its length is bounded. */
export const ID_CHARACTERS_MAX = 128;

export type FrameId = string | number;

export type FrameProblem = {
  readonly kind: 'invalid';
  /** Null when the frame does not show whom to answer. */
  readonly id: FrameId | null;
  /** JSON-RPC's number for it. */
  readonly number: number;
  readonly message: string;
};

export type RequestFrame = {
  readonly kind: 'request';
  readonly id: FrameId;
  readonly method: string;
  /** Not yet validated. */
  readonly params: unknown;
};

export type NotificationFrame = { readonly kind: 'notification'; readonly method: string; readonly params: unknown };
export type ResultFrame = { readonly kind: 'result'; readonly id: FrameId; readonly result: unknown };
export type ErrorFrame = { readonly kind: 'error'; readonly id: FrameId | null; readonly error: AgentvisorError };

/** JSON-RPC 2.0, section 5.1. */
const NUMBERS = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  /** Ours: an AgentvisorError, whose code stands in `data`. */
  agentvisor: -32_000,
} as const;

export const encodeRequest = (id: FrameId, method: string, params: unknown): string =>
  line({ jsonrpc: '2.0', id, method, params });

export const encodeNotification = (method: string, params: unknown): string => line({ jsonrpc: '2.0', method, params });

/** A result is never left out: `undefined` becomes null, as the protocol demands a result or an error. */
export const encodeResult = (id: FrameId, result: unknown): string =>
  line({ jsonrpc: '2.0', id, result: result ?? null });

/** An error that is not meant for people (our own bug) keeps its message, never its stack. */
export function encodeError(id: FrameId | null, error: unknown): string {
  const { code, nextStep } = error instanceof AgentvisorError ? error : { code: 'failed', nextStep: BUG_NEXT_STEP };
  const number = error instanceof AgentvisorError ? NUMBERS.agentvisor : NUMBERS.internal;
  const message = error instanceof Error ? error.message : String(error);
  return line({ jsonrpc: '2.0', id, error: { code: number, message, data: { code, nextStep } } });
}

/** The answer to a frame that is no request. */
export const encodeProblem = (problem: FrameProblem): string =>
  line({
    jsonrpc: '2.0',
    id: problem.id,
    error: { code: problem.number, message: problem.message, data: { code: 'usage', nextStep: PROBLEM_NEXT_STEP } },
  });

/** Server side: whatever arrives becomes a value; nothing here throws. */
export function decodeRequest(bytes: Uint8Array): RequestFrame | NotificationFrame | FrameProblem {
  if (isBomb(bytes)) return invalid(null, 'The frame is nested deeper than any request, or has too many parts.');
  const record = decodeEnvelope(bytes);
  if ('kind' in record) return record;
  const { id, method } = record.fields;
  if (id !== undefined && !isFrameId(id)) return invalid(null, 'The id is not a short text or a whole number.');
  if (typeof method !== 'string' || method === '') return invalid(id ?? null, 'The method is missing.');
  const params = record.fields['params'] ?? {};
  if (typeof params !== 'object') return invalid(id ?? null, 'The params are not an object.');
  return id === undefined ? { kind: 'notification', method, params } : { kind: 'request', id, method, params };
}

/** Client side. */
export function decodeResponse(bytes: Uint8Array): ResultFrame | ErrorFrame | NotificationFrame | FrameProblem {
  const record = decodeEnvelope(bytes);
  if ('kind' in record) return record;
  const { id, method, params, result, error } = record.fields;
  if (id === undefined && typeof method === 'string') return { kind: 'notification', method, params };
  if (id !== null && !isFrameId(id)) return invalid(null, 'The id is not a short text or a whole number.');
  if (isRecord(error)) return { kind: 'error', id, error: errorFrom(error) };
  if (id === null || result === undefined) return invalid(id, 'It holds neither a result nor an error.');
  return { kind: 'result', id, result };
}

export type Splitter = {
  /** The frames that end in this chunk, in order, and what fell over the bound. */
  push(chunk: Uint8Array): readonly (Uint8Array | FrameProblem)[];
};

const NEWLINE = 0x0a;

/**
 * Cuts a byte stream at its newlines and never holds more than twice `bytesMax`, in however small pieces it comes. A frame over
 * the bound is reported once and skipped to its end, so that the owner of the connection may answer it and go on, or close.
 */
export function createSplitter(bytesMax: number): Splitter {
  /** What came of a frame whose end has not; thousands of small pieces would each cost more than they hold. */
  let held: Uint8Array = EMPTY;
  let bytes = 0;
  let skipping = false;

  const keep = (part: Uint8Array, found: (Uint8Array | FrameProblem)[]): void => {
    if (skipping || part.length === 0) return;
    if (bytes + part.length > bytesMax) {
      skipping = true;
      held = EMPTY;
      found.push(invalid(null, `A frame is longer than ${bytesMax} bytes.`));
      return;
    }
    held = withRoom(held, bytes, part.length);
    held.set(part, bytes);
    bytes += part.length;
  };

  return {
    push(chunk) {
      const found: (Uint8Array | FrameProblem)[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        const isWhole = bytes === 0 && !skipping && end - start <= bytesMax;
        if (isWhole && end > start) found.push(chunk.subarray(start, end));
        if (!isWhole) keep(chunk.subarray(start, end), found);
        if (!skipping && bytes > 0) found.push(held.subarray(0, bytes));
        held = EMPTY;
        bytes = 0;
        skipping = false;
        start = end + 1;
      }
      keep(chunk.subarray(start), found);
      return found;
    },
  };
}

/** The same bytes, with room for more: twice as much each time, so that each is moved a few times only. */
function withRoom(held: Uint8Array, bytes: number, more: number): Uint8Array {
  if (bytes + more <= held.length) return held;
  const larger = new Uint8Array(Math.max(bytes + more, held.length * 2));
  larger.set(held.subarray(0, bytes));
  return larger;
}

const BUG_NEXT_STEP = 'This is a bug in agentvisor; the details are in daemon.log.';
const PROBLEM_NEXT_STEP = 'Send one JSON-RPC 2.0 request per line.';
const EMPTY = new Uint8Array();

const line = (frame: object): string => `${JSON.stringify(frame)}\n`;

const invalid = (id: FrameId | null, message: string, number: number = NUMBERS.invalidRequest): FrameProblem => ({
  kind: 'invalid',
  id,
  number,
  message,
});

type Envelope = { readonly fields: Readonly<Record<string, unknown>> };

function decodeEnvelope(bytes: Uint8Array): Envelope | FrameProblem {
  if (!isUtf8(bytes)) return invalid(null, 'The frame is not UTF-8.', NUMBERS.parse);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    // The parser's own message quotes the frame, which may hold a secret.
    return invalid(null, 'The frame is not JSON.', NUMBERS.parse);
  }
  if (!isRecord(value)) return invalid(null, 'The frame is not an object; batches are not spoken here.');
  if (value['jsonrpc'] !== '2.0') return invalid(null, 'The frame does not say jsonrpc "2.0".');
  return { fields: value };
}

function errorFrom(error: Readonly<Record<string, unknown>>): AgentvisorError {
  const data = isRecord(error['data']) ? error['data'] : {};
  const { code, nextStep } = data;
  return new AgentvisorError(
    isErrorCode(code) ? code : 'failed',
    typeof error['message'] === 'string' ? error['message'] : 'The daemon reports an error without a message.',
    typeof nextStep === 'string' ? nextStep : '',
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFrameId = (value: unknown): value is FrameId =>
  (typeof value === 'string' && value.length <= ID_CHARACTERS_MAX) || Number.isSafeInteger(value);
