#!/usr/bin/env node
// @ts-check
/**
 * A stand-in for Claude Code in one file: it speaks the stream-json protocol of `claude -p`
 * without any API, and shows the faults that the real one cannot be made to show.
 *
 * What it prints was compared, line by line, with recordings of Claude Code 2.1.195 and 2.1.328.
 * Environment: STAND_IN_VERSION (2.1.195 or 2.1.328, the default), STAND_IN_SCRIPT (the fault script, JSON, read
 * again before every request), STAND_IN_SPEED (retry delays are divided by it). The language of the fault script is
 * described by the types in test/stand-in/script.ts.
 */
/* oxlint-disable max-lines -- one file on purpose: it is put in the place of one binary. */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, write, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {Record<string, any>} Json */
/** @typedef {{ uuid: string, given: boolean, content: string | Json[] }} Message */
/** @typedef {{ from?: number, until?: number }} Range */
/** @typedef {{ pid?: number | undefined }} Tool a child process */
/** @typedef {{ turn: number, attempt: number, text: string }} Moment */
/** @typedef {{ kind: 'user' | 'assistant' | 'cut', uuid: string, text?: string, merged?: string[], at?: string, failed?: boolean }} Entry */

const version = process.env['STAND_IN_VERSION'] ?? '2.1.328';
/** 2.1.195 prints `type` first and knows no `command_lifecycle`; everything else that differs hangs on this, too. */
const old = version === '2.1.195';
const speed = Number(process.env['STAND_IN_SPEED'] ?? '1') || 1;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Milliseconds between attempts, as recorded. */
const RETRY_DELAYS_MS = [598, 1245, 2457, 4262, 8350, 19333, 37000, 34000, 38000, 36000];
const ANSWER_DELAY_MS = 10;
const RELEASE_POLL_MS = 20;

// ---------------------------------------------------------------------------------------------- command line

/** Flags of the real one that take a value, so that the value is not read as a flag of its own. */
const VALUED = new Set(
  (
    'session-id resume resume-session-at model input-format output-format permission-mode settings mcp-config ' +
    'append-system-prompt system-prompt allowedTools allowed-tools disallowedTools disallowed-tools add-dir ' +
    'fallback-model max-turns setting-sources agents name effort tools betas permission-prompt-tool'
  )
    .split(' ')
    .map((name) => `--${name}`),
);

/** @param {readonly string[]} argv */
function parseArgv(argv) {
  /** @type {Map<string, string>} */
  const values = new Map();
  for (let at = 0; at < argv.length; at += 1) {
    const [name, inline] = /** @type {[string, string?]} */ ((argv[at] ?? '').split(/=(.*)/s, 2));
    const long = name === '-r' ? '--resume' : name;
    const next = argv[at + 1];
    if (inline !== undefined) values.set(long, inline);
    else if ((VALUED.has(long) || name === '-r') && next !== undefined && !next.startsWith('-')) {
      values.set(long, next);
      at += 1;
    } else values.set(long, '');
  }
  return values;
}

const flags = parseArgv(process.argv.slice(2));
const replays = flags.has('--replay-user-messages');
const model = modelNamed(flags.get('--model') ?? '');
const priceUsd = costOf(model);

/** @param {string} asked */
function modelNamed(asked) {
  const tier = ['opus', 'sonnet', 'haiku'].find((name) => asked.includes(name));
  const [major, minor] = old ? [4, { opus: 8, sonnet: 6, haiku: 5 }] : [5, { opus: 5, sonnet: 5, haiku: 5 }];
  if (asked.startsWith('claude-')) return asked;
  if (tier !== undefined) return `claude-${tier}-${major}-${minor[/** @type {'opus'} */ (tier)]}`;
  if (asked !== '') return asked;
  return process.env['ANTHROPIC_API_KEY']
    ? `claude-opus-${major}-${minor.opus}`
    : `claude-sonnet-${major}-${minor.sonnet}`;
}

/** @param {string} name what ten input tokens and three output tokens were billed at in the recordings */
function costOf(name) {
  if (name.includes('opus')) return old ? 0.000125 : 0.0001;
  if (name.includes('haiku')) return old ? 0.000025 : 0.0000025;
  return old ? 0.000075 : 0.00005;
}

// ---------------------------------------------------------------------------------------------- output

/** @type {Uint8Array[]} */
let unwritten = [];
/** @type {Promise<void> | null} */
let writing = null;
/** Writes of this many bytes at most; set by the fault `chunkBytes`. */
let chunkBytes = Infinity;

/** @param {string} text */
function out(text) {
  unwritten.push(Buffer.from(text));
  writing ??= drain();
}

/** Asynchronous on purpose: a reader who stalls must not keep this process from hearing a signal. */
async function drain() {
  // One turn of the loop, so that lines printed together leave together, as they do from the real one.
  await Promise.resolve();
  while (unwritten.length > 0) {
    const all = Buffer.concat(unwritten);
    unwritten = [];
    for (let at = 0; at < all.length;) {
      at += await writeSome(all.subarray(at, Math.min(all.length, at + chunkBytes)));
      if (chunkBytes !== Infinity) await sleep(1);
    }
  }
  writing = null;
}

/** @param {Buffer} bytes @returns {Promise<number>} */
function writeSome(bytes) {
  return new Promise((done) => {
    write(1, bytes, (error, written) => {
      if (error === null) done(written);
      // The pipe is full and does not block: the reader needs a moment.
      else if (error.code === 'EAGAIN') setTimeout(() => done(0), 2);
      // Nobody reads any more. The real one ends, too.
      else process.exit(1);
    });
  });
}

async function flush() {
  // oxlint-disable-next-line no-unmodified-loop-condition -- `drain` modifies it while we wait.
  while (writing !== null) await writing;
}

/** @param {Json} line */
function print(line) {
  out(`${JSON.stringify(line)}\n`);
}

/** @param {number} code */
async function exit(code) {
  await flush();
  process.exit(code);
}

/** @param {string} wording @param {number} code */
async function fail(wording, code) {
  process.stderr.write(`${wording}\n`);
  await exit(code);
}

// ---------------------------------------------------------------------------------------------- fault script

const scriptFile = process.env['STAND_IN_SCRIPT'];
/** The faults that have latched in this process, as JSON. @type {Set<string>} */
const latched = new Set();
/** @type {Json[] | null} */
let faultsRead = null;

/** @returns {Json[]} */
function readFaults() {
  if (scriptFile === undefined || scriptFile === '' || !existsSync(scriptFile)) return [];
  try {
    faultsRead = JSON.parse(readFileSync(scriptFile, 'utf8')).faults ?? [];
  } catch (cause) {
    // A test may be writing the file at this moment: what was read last still holds. A script that never was one is a mistake.
    if (faultsRead === null) throw cause;
  }
  return faultsRead ?? [];
}

/** What the script wants at this moment: of every kind of fault, the first that holds. @param {Moment} moment @returns {Json} */
function wanted(moment) {
  /** @type {Json} */
  const sum = {};
  for (const fault of readFaults()) {
    const key = JSON.stringify(fault);
    if (!latched.has(key) && !matches(fault['when'] ?? {}, moment)) continue;
    if (fault['latch'] === true) latched.add(key);
    for (const [kind, value] of Object.entries(fault['do'] ?? {})) sum[kind] ??= value;
  }
  return sum;
}

/** @param {Json} when @param {Moment} moment */
function matches(when, moment) {
  const token =
    process.env['ANTHROPIC_AUTH_TOKEN'] ??
    process.env['CLAUDE_CODE_OAUTH_TOKEN'] ??
    process.env['ANTHROPIC_API_KEY'] ??
    '';
  return (
    inRange(when['process'], session.process) &&
    inRange(when['turn'], moment.turn) &&
    inRange(when['attempt'], moment.attempt) &&
    (when['contains'] === undefined || moment.text.includes(when['contains'])) &&
    (when['tier'] === undefined || model.includes(when['tier'])) &&
    (when['token'] === undefined || token.endsWith(when['token'])) &&
    (when['session'] === undefined || when['session'] === session.id) &&
    (when['pid'] === undefined || when['pid'] === process.pid) &&
    (when['fromFile'] === undefined || existsSync(besideScript(when['fromFile']))) &&
    (when['untilFile'] === undefined || !existsSync(besideScript(when['untilFile']))) &&
    (when['from'] === undefined || Date.now() >= new Date(when['from']).getTime()) &&
    (when['until'] === undefined || Date.now() < new Date(when['until']).getTime()) &&
    // Windows are opened and closed by calls on the stand-in for the API; nobody can call here.
    when['window'] === undefined
  );
}

/** @param {number | Range | undefined} range @param {number} count */
function inRange(range, count) {
  if (range === undefined) return true;
  if (typeof range === 'number') return count === range;
  return count >= (range.from ?? 1) && count <= (range.until ?? Infinity);
}

/** @param {string} file */
function besideScript(file) {
  return resolve(dirname(scriptFile ?? '.'), file);
}

// ---------------------------------------------------------------------------------------------- session

const configDir = process.env['CLAUDE_CONFIG_DIR'] || join(process.env['HOME'] || homedir(), '.claude');
const sessionsDir = join(configDir, 'stand-in-sessions');
/** @type {{ id: string, process: number, cutAt: string | null, entries: Entry[], known: Set<string>, file: string }} */
const session = { id: '', process: 1, cutAt: null, entries: [], known: new Set(), file: '' };

/** @param {string} id */
const sessionFile = (id) => join(sessionsDir, `${id}.jsonl`);

/** @param {string} id @returns {Entry[]} */
function readTranscript(id) {
  if (!existsSync(sessionFile(id))) return [];
  const whole = readFileSync(sessionFile(id), 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line));
}

/** @param {Entry} entry */
function remember(entry) {
  session.entries.push(entry);
  appendFileSync(session.file, `${JSON.stringify(entry)}\n`);
}

/** What the model would see: the entries without those that a later cut dropped. @param {Entry[]} entries */
function conversationOf(entries) {
  /** @type {Entry[]} */
  let seen = [];
  for (const entry of entries) {
    if (entry.kind === 'cut') seen = seen.slice(0, seen.findIndex((one) => one.uuid === entry.at) + 1);
    else seen.push(entry);
  }
  return seen;
}

/** What the user said last, as far as the model will see it. */
function lastQuestion() {
  /** @type {Entry[]} */
  const cut = session.cutAt === null ? [] : [{ kind: 'cut', uuid: '', at: session.cutAt }];
  const asked = conversationOf([...session.entries, ...cut]).findLast((entry) => entry.kind === 'user' && entry.text);
  return asked?.text ?? '';
}

/**
 * Message ids that are echoed and not run again. Dropped entries count, too. 2.1.328 runs a message again that
 * nothing answered, because its process died; 2.1.195 swallows it.
 * @param {Entry[]} entries
 */
function knownIds(entries) {
  /** @type {string[]} */
  const ids = [];
  entries.forEach((entry, at) => {
    const answered = entries.slice(at + 1).find((later) => later.kind !== 'cut')?.kind === 'assistant';
    if (entry.kind === 'user' && (old || answered)) ids.push(entry.uuid, ...(entry.merged ?? []));
  });
  return new Set(ids);
}

/** Chooses the session and reads it. @returns {string | null} what is wrong with the command line */
function openSession() {
  const asked = flags.get('--session-id');
  const resumed = flags.get('--resume');
  const forks = flags.has('--fork-session');
  if (asked !== undefined && !UUID.test(asked)) return 'Error: Invalid session ID. Must be a valid UUID.';
  if (asked !== undefined && resumed !== undefined && !forks) {
    return old
      ? 'Error: --session-id can only be used with --continue or --resume if --fork-session is also specified.'
      : 'Error: --session-id with --continue or --resume also needs --fork-session.';
  }
  session.id = asked ?? (resumed !== undefined && !forks ? resumed : randomUUID());
  if (asked !== undefined && readTranscript(asked).length > 0) return `Error: Session ID ${asked} is already in use.`;
  if (resumed !== undefined) return openResumed(resumed);
  openFile();
  return null;
}

/** @param {string} resumed @returns {string | null} */
function openResumed(resumed) {
  if (!UUID.test(resumed)) {
    const advice = 'Usage: claude -p --resume <session-id|title>.';
    return `Error: --resume requires a valid session ID or session title when used with --print. ${advice} Provided value "${resumed}" is not a UUID and does not match any session title.`;
  }
  const entries = readTranscript(resumed);
  if (entries.length === 0) return `No conversation found with session ID: ${resumed}`;
  const at = flags.get('--resume-session-at');
  if (at !== undefined && !conversationOf(entries).some((entry) => entry.uuid === at)) {
    return `No message found with message.uuid of: ${at}`;
  }
  session.entries = entries;
  session.known = knownIds(entries);
  session.cutAt = at ?? null;
  openFile();
  if (session.id !== resumed) for (const entry of entries) appendFileSync(session.file, `${JSON.stringify(entry)}\n`);
  return null;
}

/** Counts the processes of a session, so that a script can say "the first process only". */
function openFile() {
  mkdirSync(sessionsDir, { recursive: true });
  session.file = sessionFile(session.id);
  const starts = join(sessionsDir, `${session.id}.starts`);
  appendFileSync(starts, `${JSON.stringify({ at: Date.now(), pid: process.pid, argv: process.argv.slice(2) })}\n`);
  session.process = readFileSync(starts, 'utf8').split('\n').length - 1;
}

// ---------------------------------------------------------------------------------------------- lines

const NO_USAGE = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
};
const USAGE_REST = {
  server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
  service_tier: 'standard',
  cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
  inference_geo: '',
  iterations: [],
  speed: 'standard',
  ...(old ? {} : { fallback_credit: null }),
};
const CAPABILITIES = (
  'interrupt_receipt_v1 interrupt_cancel_queued_v1 interrupt_send_now_v1 interrupt_requeue_taken_v1 msg_lifecycle_v1 ' +
  'request_marker_lists_v1 ask_user_question_unanswered_v1 lifecycle_wakeup_source_v1'
).split(' ');
const totals = { requests: 0, costUsd: 0, apiMs: 0, results: 0 };

/** @param {number} requests @param {number} costUsd */
function modelUsage(requests, costUsd) {
  if (requests === 0) return {};
  const counted = {
    inputTokens: 10 * requests,
    outputTokens: 3 * requests,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    webSearchRequests: 0,
  };
  const limits = {
    costUSD: costUsd,
    contextWindow: old ? 200_000 : 1_000_000,
    maxOutputTokens: old ? 64_000 : 128_000,
  };
  const more = { thinkingTokens: 0, cacheCreationEphemeral5mInputTokens: 0, cacheCreationEphemeral1hInputTokens: 0 };
  const names = { canonicalModel: model, provider: 'firstParty', costBasis: 'list' };
  return { [model]: { ...counted, ...limits, ...(old ? {} : { ...more, ...names }) } };
}

/** @param {number} requests */
function usage(requests) {
  const counted = { ...NO_USAGE, input_tokens: 10 * requests, output_tokens: 3 * requests };
  const details = old ? {} : { output_tokens_details: { thinking_tokens: 0 } };
  return requests > 0 ? { ...counted, ...details, ...USAGE_REST } : { ...details, ...counted, ...USAGE_REST };
}

/** @param {string[]} messageIds */
function initLine(messageIds) {
  const lists = { tools: ['Task', 'Bash', 'Edit', 'Glob', 'Grep', 'Read', 'Write'], mcp_servers: [] };
  const key = process.env['ANTHROPIC_API_KEY'] ? 'ANTHROPIC_API_KEY' : 'none';
  const start = { type: 'system', subtype: 'init', cwd: process.cwd(), session_id: session.id, ...lists };
  const middle = {
    model,
    permissionMode: flags.get('--permission-mode') ?? 'default',
    slash_commands: ['compact', 'context', 'init'],
  };
  const terminal = old ? {} : { terminal_slash_commands: ['doctor', 'color', 'focus', 'reload-plugins'] };
  const names = {
    apiKeySource: key,
    claude_code_version: version,
    output_style: 'default',
    agents: ['general-purpose'],
    skills: [],
    plugins: [],
  };
  const privacy = { analytics_disabled: true, product_feedback_disabled: true, uuid: randomUUID(), memory_paths: {} };
  if (old) return { ...start, ...middle, ...names, ...privacy, fast_mode_state: 'off' };
  return {
    ...start,
    ...middle,
    ...terminal,
    ...names,
    capabilities: CAPABILITIES,
    ...privacy,
    original_cwd: process.cwd(),
    additional_directories: [],
    messaging_socket_path: join(sessionsDir, 'no.sock'),
    fast_mode_state: 'off',
    fast_mode_disabled_reason: 'sdk_opt_in_required',
    per_turn_effort_active: true,
    ultrathink_available: false,
    ultrathink_typed_raises: false,
    view_mode: 'default',
    ...(messageIds.length > 0 ? { user_message_uuids: messageIds } : {}),
  };
}

/** @param {Message} message @param {boolean} ran whether the message was run; an echo of anything else has no time */
function echo(message, ran) {
  if (!replays) return;
  const said = {
    type: 'user',
    message: { role: 'user', content: message.content === '' ? '(no content)' : message.content },
  };
  const ids = { session_id: session.id, parent_tool_use_id: null, uuid: message.uuid };
  print({ ...said, ...ids, ...(ran ? { timestamp: new Date().toISOString() } : {}), isReplay: true });
}

/** @param {Message} message @param {'queued' | 'started' | 'completed' | 'cancelled'} state */
function lifecycle(message, state) {
  if (old || !message.given) return;
  print({ type: 'command_lifecycle', command_uuid: message.uuid, state, uuid: randomUUID(), session_id: session.id });
}

/** A `user` line that Claude Code itself adds: tool results and interruptions. @param {Json[]} content @param {Json} [more] */
function printUser(content, more = {}) {
  const ids = {
    parent_tool_use_id: null,
    session_id: session.id,
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
  };
  print({ type: 'user', message: { role: 'user', content }, ...ids, ...more });
}

/** @param {Turn} turn which messages the first assistant line of a turn answers */
function answersTo(turn) {
  const ids = turn.messages.filter((message) => message.given).map((message) => message.uuid);
  return old || ids.length === 0 ? {} : { user_message_uuid: ids.at(-1), user_message_uuids: ids };
}

/** @param {Turn} turn @param {Json} block @param {string} requestId */
function goodAssistant(turn, block, requestId) {
  const message = {
    id: `msg_${requestId}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [block],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    context_management: null,
  };
  const line = {
    type: 'assistant',
    message,
    parent_tool_use_id: null,
    session_id: session.id,
    uuid: randomUUID(),
    ...(old ? {} : { timestamp: new Date().toISOString() }),
    request_id: requestId,
    ...(turn.answered ? {} : answersTo(turn)),
  };
  turn.answered = true;
  return line;
}

/** @param {Turn} turn @param {Failure} failure */
function syntheticAssistant(turn, failure) {
  const nothing = {
    ...NO_USAGE,
    ...USAGE_REST,
    service_tier: null,
    inference_geo: null,
    iterations: null,
    speed: null,
  };
  const message = {
    ...(old ? {} : { diagnostics: null }),
    id: randomUUID(),
    container: null,
    model: '<synthetic>',
    role: 'assistant',
    stop_details: null,
    stop_reason: 'stop_sequence',
    stop_sequence: '',
    type: 'message',
    usage: old ? nothing : { output_tokens_details: null, ...nothing },
    content: [{ type: 'text', text: failure.text }],
    context_management: null,
  };
  const marks = old
    ? {}
    : { is_api_error_message: true, ...(failure.status === null ? {} : { api_error_status: failure.status }) };
  return {
    type: 'assistant',
    message,
    parent_tool_use_id: null,
    session_id: session.id,
    uuid: randomUUID(),
    ...(old ? {} : { timestamp: new Date().toISOString() }),
    error: failure.error,
    ...(failure.requestId === null ? {} : { request_id: failure.requestId }),
    ...marks,
    ...(old || failure.apiError === null ? {} : { api_error: failure.apiError }),
    ...(old || failure.limit === null ? {} : { api_error_params: { rate_limit_info: failure.limit } }),
    ...(old || failure.type === null ? {} : { api_error_type: failure.type }),
    ...answersTo(turn),
  };
}

/**
 * `errors` is null unless the turn was cut off.
 * @typedef {{ text: string | null, isError: boolean, failure: Failure | null, reason: string, stop: string | null, errors: string[] | null }} Ending
 */

/** @param {Turn} running @param {Ending} ending */
function resultLine(running, ending) {
  return old ? oldResult(running, ending) : newResult(running, ending);
}

/** @param {Turn} running */
function billOf(running) {
  return {
    total_cost_usd: totals.costUsd,
    usage: usage(running.requests),
    modelUsage: modelUsage(totals.requests, totals.costUsd),
  };
}

/** @param {Turn} running @param {Ending} ending */
function oldResult(running, ending) {
  const isError = { is_error: ending.isError };
  const timing = { duration_ms: Date.now() - running.startedAt, duration_api_ms: totals.apiMs };
  const rounds = { num_turns: running.rounds };
  const middle = { stop_reason: ending.stop, session_id: session.id, ...billOf(running), permission_denials: [] };
  const end = { terminal_reason: ending.reason, fast_mode_state: 'off', uuid: randomUUID() };
  if (ending.errors !== null) {
    return {
      type: 'result',
      subtype: 'error_during_execution',
      ...timing,
      ...isError,
      ...rounds,
      ...middle,
      ...end,
      errors: ending.errors,
    };
  }
  const first = ending.failure === null ? { ttft_ms: 12, ttft_stream_ms: 12, time_to_request_ms: 6 } : {};
  const status = { api_error_status: ending.failure?.status ?? null };
  return {
    type: 'result',
    subtype: 'success',
    ...isError,
    ...status,
    ...timing,
    ...first,
    ...rounds,
    result: ending.text,
    ...middle,
    ...end,
  };
}

/** @param {Turn} running @param {Ending} ending */
function newResult(running, ending) {
  const { failure, errors } = ending;
  const good = failure === null && errors === null;
  const ids = running.given().map((message) => message.uuid);
  const last = ids.length > 0 ? { user_message_uuid: answersTo(running)['user_message_uuid'] } : {};
  return {
    duration_api_ms: totals.apiMs,
    stop_reason: ending.stop,
    session_id: session.id,
    ...billOf(running),
    permission_denials: [],
    terminal_reason: ending.reason,
    fast_mode_state: 'off',
    fast_mode_disabled_reason: 'sdk_opt_in_required',
    subagent_stats: SUBAGENT_STATS,
    safety_stops: 0,
    is_error: ending.isError,
    num_turns: running.rounds,
    ...(errors === null ? verdict(ending) : { subtype: 'error_during_execution', errors, ...last }),
    ...(good ? { ttft_ms: 12 } : {}),
    type: 'result',
    duration_ms: Date.now() - running.startedAt,
    uuid: randomUUID(),
    ...(good ? { ttft_stream_ms: 12, time_to_request_ms: 6, first_content_frame_ms: 12 } : {}),
    ...(errors === null ? last : {}),
    ...(ids.length > 0 ? { user_message_uuids: ids } : {}),
    ...(good && ids.length > 0
      ? {
          request_sent_wall_ms: running.startedAt,
          first_request_input_tokens: 10,
          first_request_cache_read_input_tokens: 0,
        }
      : {}),
    queued_turn_count: 0,
    result_index: totals.results,
    model_usage_since_last_result: modelUsage(running.requests, running.costUsd),
  };
}

/** @param {Ending} ending */
function verdict({ failure, text }) {
  return {
    subtype: 'success',
    api_error_status: failure?.status ?? null,
    ...(failure !== null && failure.type !== null ? { api_error_type: failure.type } : {}),
    ...(failure !== null && failure.apiError !== null ? { api_error: failure.apiError } : {}),
    result: text ?? '',
  };
}

const SUBAGENT_STATS = {
  spawned: 0,
  requested: { background: 0, foreground: 0, unset: 0 },
  started_in_background: 0,
  max_depth: 0,
  spawned_by_subagents: 0,
  completed: 0,
  failed: 0,
  killed: { parent: 0, user: 0, system: 0 },
  refused: { depth_limit: 0, concurrency_limit: 0, budget: 0 },
  by_type: {},
};

/** What a process prints that cannot open its session, with `type` first in every version. @param {string} error */
function printUnopened(error) {
  const timing = { duration_ms: 0, duration_api_ms: 0, is_error: true, num_turns: 0, stop_reason: null };
  const nothing = { total_cost_usd: 0, usage: usage(0), modelUsage: {}, permission_denials: [], uuid: randomUUID() };
  const id = flags.get('--resume') ?? session.id;
  print({
    type: 'result',
    subtype: 'error_during_execution',
    ...timing,
    session_id: id,
    ...nothing,
    errors: [error],
    ...(old ? {} : { result_index: 0 }),
  });
}

// ---------------------------------------------------------------------------------------------- what the API says

/**
 * @typedef {{ status: number | null, type: string | null, retryError: string, error: string, apiError: string | null, text: string, retries: number, last: boolean, limit: Json | null, requestId: string | null }} Failure
 * `retries`: how many api_retry lines come before it is given up; `last`: whether a request follows the last of them.
 */

/** The status and the wording that the API itself answers with. @type {Record<string, [number | null, string | null, string]>} */
const API_FAULTS = {
  401: [401, 'authentication_error', 'Invalid authentication credentials'],
  '401bearer': [401, 'authentication_error', 'Invalid bearer token'],
  '401expired': [401, 'authentication_error', 'OAuth access token has expired. Re-authenticate to continue.'],
  '403revoked': [403, 'permission_error', 'OAuth token has been revoked. Please obtain a new token.'],
  429: [429, 'rate_limit_error', 'Error'],
  '429cap': [429, 'rate_limit_error', 'Error'],
  529: [529, 'overloaded_error', 'Overloaded'],
  500: [500, 'api_error', 'Internal server error'],
  '400credit': [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'],
  drop: [null, null, ''],
  notLoggedIn: [null, null, 'Not logged in · Please run /login'],
};
/** `error` in api_retry and in the line that gives up: they differ. @type {Record<string, [string, string]>} */
const ERROR_NAMES = {
  429: ['rate_limit', 'rate_limit'],
  '429cap': ['rate_limit', 'rate_limit'],
  529: ['overloaded', 'server_error'],
  500: ['server_error', 'server_error'],
  '400credit': ['billing_error', 'billing_error'],
  drop: ['unknown', 'server_error'],
};
/** `api_error` of 2.1.328. @type {Record<string, string>} */
const API_ERRORS = { '429cap': 'usage_limit_reached', drop: 'connection_failed' };

/** @param {string} fault @param {Json} want @returns {Failure} */
function failureOf(fault, want) {
  const [status, type, standard] = API_FAULTS[fault] ?? [500, 'api_error', fault];
  const message = String(want['message'] ?? standard);
  const refused = status === 401 || status === 403;
  const once = fault === '429cap' || fault === '400credit' || fault === 'notLoggedIn' || (fault === '429' && old);
  const limit = fault === '429cap' ? limitInfo(want) : null;
  const names = ERROR_NAMES[fault] ?? ['authentication_failed', 'authentication_failed'];
  const requestId = fault === 'notLoggedIn' || fault === 'drop' ? null : requestIdNew();
  return {
    status,
    type,
    retryError: names[0],
    error: names[1],
    apiError: API_ERRORS[fault] ?? null,
    text: textOf(fault, status, message, limit),
    retries: once ? 0 : refused ? 2 : 10,
    last: !refused,
    limit,
    requestId,
  };
}

/** @param {Json} want */
function limitInfo(want) {
  const resetsAt = Number(want['resetsAt'] ?? Math.floor(Date.now() / 1000) + 3600);
  return { status: 'rejected', resetsAt, rateLimitType: want['claim'] ?? 'five_hour', isUsingOverage: false };
}

/** @param {string} fault @param {number | null} status @param {string} message @param {Json | null} limit */
function textOf(fault, status, message, limit) {
  if (limit !== null)
    return `You've hit your ${old ? 'session' : '5-hour'} limit · resets ${clock(limit['resetsAt'])} (UTC)`;
  if (status === 401) return `Failed to authenticate. API Error: 401 ${message}`;
  if (fault === '403revoked') {
    return old
      ? 'Your account does not have access to Claude. Please login again or contact your administrator.'
      : 'Failed to authenticate: OAuth token revoked. Please log in again or contact your administrator.';
  }
  if (fault === '429') return `API Error: Server is temporarily limiting requests (not your usage limit) · ${message}`;
  if (fault === '400credit') return 'Credit balance is too low';
  if (fault === 'notLoggedIn') return message;
  if (fault === 'drop') {
    return old
      ? 'API Error: Unable to connect to API (ECONNRESET)'
      : 'API Error: Connection dropped (ECONNRESET). Check the gateway set in ANTHROPIC_BASE_URL, then try again.';
  }
  const advice = 'This is a server-side issue, usually temporary — try again in a moment.';
  return `API Error: ${status} ${message.replace(/\.$/, '')}. ${advice}`;
}

/** @param {number} epochSeconds */
function clock(epochSeconds) {
  const at = new Date(epochSeconds * 1000);
  const minutes = at.getUTCMinutes();
  const shown = minutes === 0 ? '' : `:${String(minutes).padStart(2, '0')}`;
  return `${at.getUTCHours() % 12 || 12}${shown}${at.getUTCHours() < 12 ? 'am' : 'pm'}`;
}

let requestIds = 0;
function requestIdNew() {
  requestIds += 1;
  return `req_stand_in_${process.pid}_${requestIds}`;
}

// ---------------------------------------------------------------------------------------------- a turn

class Turn {
  /** @param {Message[]} batch the messages that were waiting: one turn answers them all */
  constructor(batch) {
    this.batch = batch;
    /** @type {Message[]} */
    this.messages = batch;
    /** Said while a tool ran, and put into this turn. @type {Message[]} */
    this.joined = [];
    this.message = merged(batch);
    /** Nothing is said: the question at which the conversation ends is asked. */
    this.asksAgain = Array.isArray(this.message.content) && this.message.content.length === 0;
    this.text = this.asksAgain ? lastQuestion() : textIn(this.message.content);
    this.startedAt = Date.now();
    this.requests = 0;
    this.costUsd = 0;
    /** What `num_turns` says: rounds with the model. */
    this.rounds = 1;
    this.echoed = false;
    this.answered = false;
    /** The API has been asked. */
    this.underWay = false;
    /** @type {Tool | null} */
    this.tool = null;
    this.toolId = '';
    this.stop = new AbortController();
  }

  given() {
    return [...this.messages, ...this.joined].filter((message) => message.given);
  }

  /** The echo comes with the first thing that the model says, not before. */
  echo() {
    if (this.echoed) return;
    this.echoed = true;
    echo(this.message, true);
  }

  /** @param {number} delayMs */
  async pause(delayMs) {
    await sleep(delayMs, undefined, { signal: this.stop.signal });
  }
}

/** @param {Message[]} batch @returns {Message} */
function merged(batch) {
  const last = /** @type {Message} */ (batch.at(-1));
  if (batch.length === 1) return last;
  if (batch.every((message) => typeof message.content === 'string')) {
    return { ...last, content: batch.map((message) => textIn(message.content)).join('\n') };
  }
  const blocks = batch.flatMap((message) =>
    typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content,
  );
  // 2.1.328 ends every block but the last with a newline.
  const content = blocks.map((block, at) => {
    const ends = !old && at < blocks.length - 1 && typeof block['text'] === 'string';
    return ends ? Object.assign({}, block, { text: `${block['text']}\n` }) : block;
  });
  return { ...last, content };
}

/** @param {string | Json[]} content */
function textIn(content) {
  if (typeof content === 'string') return content;
  return content.map((block) => (typeof block['text'] === 'string' ? block['text'] : '')).join('\n');
}

/** @type {Message[]} */
let queue = [];
/** @type {Turn | null} */
let turn = null;
let turns = 0;
let lastWasError = false;
let ended = false;
/** A SIGINT came in a turn: that turn ends, and then the process. */
let leaving = false;
/** After the fault `hang: afterResult` nothing is heard any more. */
let deaf = false;
/** What the last rate_limit_event said; a subscription's first answer prints one, and every change. */
let limitSaid = 'none';

async function pump() {
  if (turn !== null) return;
  // oxlint-disable-next-line no-unmodified-loop-condition -- a turn modifies it.
  while (queue.length > 0 && !deaf) await serve();
  if (leaving) await exit(0);
  if (!ended || deaf || wanted({ turn: turns, attempt: 1, text: '' })['ignoreEof'] === true) return;
  await exit(lastWasError ? 1 : 0);
}

async function serve() {
  const batch = queue;
  queue = [];
  turns += 1;
  const running = new Turn(batch);
  turn = running;
  for (const message of batch.slice(0, -1)) echo(message, false);
  for (const message of batch) lifecycle(message, 'started');
  for (const message of batch) session.known.add(message.uuid);
  try {
    await run(running);
  } catch (cause) {
    if (!running.stop.signal.aborted) throw cause;
    interrupted(running);
  }
  turn = null;
}

/** @param {Turn} running */
async function run(running) {
  const moment = { turn: turns, attempt: 1, text: running.text };
  const want = wanted(moment);
  await apply(want, 'turn');
  // Something else that was written in the same breath is queued before `init` is printed.
  await running.pause(1);
  print(initLine(running.given().map((message) => message.uuid)));
  if (session.cutAt !== null) remember({ kind: 'cut', uuid: randomUUID(), at: session.cutAt });
  session.cutAt = null;
  remember({
    kind: 'user',
    uuid: running.message.uuid,
    text: running.asksAgain ? '' : running.text,
    merged: running.batch.map((message) => message.uuid),
  });
  await apply(want, 'message');
  const { failure, want: last } = await ask(running, moment);
  if (failure !== null) await giveUp(running, failure, last);
  else await answer(running, last);
}

/**
 * Asks until the script lets an answer through or the retries are used up.
 * @param {Turn} running @param {Moment} moment @returns {Promise<{ failure: Failure | null, want: Json }>}
 */
async function ask(running, moment) {
  for (let attempt = 1; ; attempt += 1) {
    const want = await released(running, { ...moment, attempt });
    const fault = want['api'];
    if (fault === undefined) return { failure: null, want };
    const failure = failureOf(String(fault), want);
    if (attempt > failure.retries) return { failure, want };
    const delayMs = RETRY_DELAYS_MS[attempt - 1] ?? 36_000;
    const ids = { session_id: session.id, uuid: randomUUID() };
    const retry = { type: 'system', subtype: 'api_retry', attempt, max_retries: 10, retry_delay_ms: delayMs };
    print({ ...retry, error_status: failure.status, error: failure.retryError, ...ids });
    await running.pause(delayMs / speed);
    if (attempt === failure.retries && !failure.last) return { failure, want };
  }
}

/** Waits while the script says `hang`; it is read again and again, so that a test can release it. @param {Turn} running @param {Moment} moment */
async function released(running, moment) {
  for (;;) {
    const want = wanted(moment);
    if (want['api'] !== 'hang') return want;
    await running.pause(RELEASE_POLL_MS);
    running.underWay = true;
  }
}

/** @param {Turn} running @param {Failure} failure @param {Json} want */
async function giveUp(running, failure, want) {
  if (failure.error === 'rate_limit') {
    sayLimit(failure.limit ?? { status: 'rejected', isUsingOverage: false });
  }
  running.echo();
  const line = syntheticAssistant(running, failure);
  await printAssistant(line, want);
  remember({ kind: 'assistant', uuid: line.uuid, text: failure.text, failed: true });
  await apply(want, 'answer');
  await finish(running, want, {
    text: failure.text,
    isError: true,
    failure,
    reason: old ? 'completed' : 'api_error',
    stop: 'stop_sequence',
    errors: null,
  });
}

/** @param {Turn} running @param {Json} want */
async function answer(running, want) {
  await running.pause(Number(want['delayMs'] ?? ANSWER_DELAY_MS));
  running.echo();
  let printed = '';
  if (want['tool'] !== undefined) printed = await useTool(running, want);
  const text = fill(String(want['answer'] ?? 'answer to: {text}'), running, printed);
  bill(running, want);
  const line = goodAssistant(running, { type: 'text', text }, requestIdNew());
  await printAssistant(line, want);
  remember({ kind: 'assistant', uuid: line.uuid, text });
  sayAllowed();
  if (running.joined.length > 0) for (const message of running.joined) lifecycle(message, 'completed');
  await apply(want, 'answer');
  if (want['hang'] === 'afterAnswer') await running.pause(2 ** 30);
  await finish(running, want, {
    text,
    isError: false,
    failure: null,
    reason: 'completed',
    stop: 'end_turn',
    errors: null,
  });
}

/** @param {string} template @param {Turn} running @param {string} printed */
function fill(template, running, printed) {
  const times = conversationOf(session.entries).filter(
    (entry) => entry.kind === 'user' && entry.text === running.text,
  ).length;
  /** @type {Record<string, string>} */
  const values = {
    text: running.text.slice(0, 200),
    tool: printed,
    seen: String(times),
    process: String(session.process),
    turn: String(turns),
  };
  return template.replaceAll(/\{(text|tool|seen|process|turn)\}/g, (_, name) => values[name] ?? '');
}

/** @param {Turn} running @param {Json} want */
function bill(running, want) {
  const costUsd = Number(want['costUsd'] ?? priceUsd);
  running.requests += 1;
  running.costUsd += costUsd;
  totals.requests += 1;
  totals.costUsd += costUsd;
  totals.apiMs += Number(want['delayMs'] ?? ANSWER_DELAY_MS);
}

function sayAllowed() {
  if (limitSaid !== 'allowed' && tokenSource() !== 'none' && tokenSource() !== 'ANTHROPIC_AUTH_TOKEN')
    sayLimit({ status: 'allowed', isUsingOverage: false });
}

/** @param {Json} info */
function sayLimit(info) {
  limitSaid = info['status'];
  print({ type: 'rate_limit_event', rate_limit_info: info, uuid: randomUUID(), session_id: session.id });
}

/** @param {Turn} running @param {Json} want @param {Ending} ending */
async function finish(running, want, ending) {
  const line = resultLine(running, ending);
  totals.results += 1;
  lastWasError = ending.isError;
  if (want['halfLine'] === 'result') await dieInLine(line, want);
  // Before the line, because whoever has read it may act at once.
  deaf = want['hang'] === 'afterResult';
  print(line);
  for (const message of running.messages) lifecycle(message, ending.isError ? 'cancelled' : 'completed');
  await flush();
  await apply(want, 'result');
}

/** @param {Json} line @param {Json} want */
async function printAssistant(line, want) {
  if (want['halfLine'] === 'assistant') await dieInLine(line, want);
  print(line);
  await flush();
}

/** @param {Json} line @param {Json} want */
async function dieInLine(line, want) {
  const text = JSON.stringify(line);
  out(text.slice(0, Math.floor(text.length / 2)));
  await die(want['exit'] ?? { code: 1 });
}

/** @param {Turn} running */
function interrupted(running) {
  running.echo();
  const inTool = running.tool !== null;
  if (inTool) {
    killTool(running.tool);
    const refusal = "The user doesn't want to proceed with this tool use. The tool use was rejected.";
    const block = { type: 'tool_result', content: refusal, is_error: true, tool_use_id: running.toolId };
    printUser([block], {
      tool_use_result: 'User rejected tool use',
      ...(old ? {} : { tool_result_meta: [{ id: running.toolId }] }),
    });
  }
  printUser([
    { type: 'text', text: inTool ? '[Request interrupted by user for tool use]' : '[Request interrupted by user]' },
  ]);
  remember({ kind: 'assistant', uuid: randomUUID(), failed: true });
  // A SIGINT with a request under way: it leaves without a result.
  if (leaving && running.underWay && !inTool) return;
  const stop = inTool ? 'tool_use' : null;
  running.rounds = inTool ? 3 : 2;
  const errors = [`[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=${stop}`];
  const ending = {
    text: null,
    isError: true,
    failure: null,
    reason: inTool ? 'aborted_tools' : 'aborted_streaming',
    stop,
    errors,
  };
  print(resultLine(running, ending));
  totals.results += 1;
  lastWasError = true;
  for (const message of running.messages) lifecycle(message, 'cancelled');
}

// ---------------------------------------------------------------------------------------------- tools

/** @param {Turn} running @param {Json} want @returns {Promise<string>} what the tool printed */
async function useTool(running, want) {
  const tool = want['tool'];
  const requestId = requestIdNew();
  running.toolId = `toolu_${requestId}`;
  const input = { command: String(tool['command'] ?? 'true'), description: 'Run it' };
  bill(running, want);
  print(goodAssistant(running, { type: 'tool_use', id: running.toolId, name: 'Bash', input }, requestId));
  sayAllowed();
  const { code, printed } = await runTool(running, tool, input.command);
  running.tool = null;
  running.rounds += 1;
  const meta = old
    ? {}
    : {
        tool_result_meta: [
          { id: running.toolId, permission_decision: { decision: 'accept', source: 'config', reason_type: 'rule' } },
        ],
      };
  if (code === 0) {
    const outcome = { stdout: printed, stderr: '', interrupted: false, isImage: false, noOutputExpected: false };
    printUser([{ tool_use_id: running.toolId, type: 'tool_result', content: printed, is_error: false }], {
      tool_use_result: outcome,
      ...meta,
    });
  } else {
    const content = `Exit code ${code}\n${printed}`;
    printUser([{ type: 'tool_result', content, is_error: true, tool_use_id: running.toolId }], {
      tool_use_result: `Error: ${content}`,
      ...meta,
    });
  }
  await flush();
  if (want['hang'] === 'afterTool') await running.pause(2 ** 30);
  joinQueued(running);
  await running.pause(ANSWER_DELAY_MS);
  return printed;
}

/** @param {Turn} running @param {Json} tool @param {string} command @returns {Promise<{ code: number, printed: string }>} */
async function runTool(running, tool, command) {
  if (tool['output'] !== undefined) return { code: Number(tool['exitCode'] ?? 0), printed: String(tool['output']) };
  // In a session of its own, as the real one runs every command: killing the agent's group does not reach it.
  const child = spawn('sh', ['-c', `exec 2>&1\n${command}`], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  running.tool = child;
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  const code = await new Promise((done, refuse) => {
    child.once('close', (status) => done(status ?? 1));
    child.once('error', refuse);
    running.stop.signal.addEventListener('abort', () => refuse(new Error('interrupted')));
  });
  return { code, printed: printed.replace(/\n+$/, '') };
}

/** @param {Tool | null} tool */
function killTool(tool) {
  if (tool?.pid === undefined) return;
  try {
    process.kill(-tool.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** What was said while the tool ran joins the turn. @param {Turn} running */
function joinQueued(running) {
  running.joined = queue;
  queue = [];
  for (const message of running.joined) {
    session.known.add(message.uuid);
    echo(message, true);
    remember({ kind: 'user', uuid: message.uuid, text: textIn(message.content), merged: [message.uuid] });
  }
  for (const message of running.joined) lifecycle(message, 'started');
}

// ---------------------------------------------------------------------------------------------- faults of the process

/** @param {Json} want @param {'start' | 'ready' | 'turn' | 'message' | 'answer' | 'result'} at */
async function apply(want, at) {
  if (want['chunkBytes'] !== undefined) chunkBytes = Number(want['chunkBytes']);
  const noise = want['print'];
  if (noise !== undefined && (noise['at'] ?? 'message') === at) printNoise(noise);
  const flooded = want['flood'];
  if (flooded !== undefined && (flooded['at'] ?? 'message') === at) await flood(flooded);
  const leftovers = want['leftovers'];
  if (leftovers !== undefined && (leftovers['at'] ?? 'message') === at) leaveBehind(leftovers);
  const memory = want['memory'];
  if (memory !== undefined && (memory['at'] ?? 'message') === at) grow(memory);
  const death = want['exit'];
  if (death !== undefined && want['halfLine'] === undefined && (death['at'] ?? 'message') === at) await die(death);
}

/** @param {Json} death */
async function die(death) {
  if (death['stderr'] !== undefined) process.stderr.write(`${death['stderr']}\n`);
  await flush();
  if (death['signal'] === undefined) process.exit(Number(death['code'] ?? 1));
  // A signal that has a listener would be handled instead of killing.
  process.removeAllListeners(death['signal']);
  process.kill(process.pid, death['signal']);
  await sleep(2 ** 30);
}

/**
 * Numbered lines of about a kilobyte, as fast as they are taken, by the megabyte. Synchronous writes, and a turn of the
 * loop between two of them, in which a signal is heard.
 * @param {Json} order
 */
async function flood(order) {
  await flush();
  const pad = 'x'.repeat(950);
  for (let mb = 0, n = 0; mb < Number(order['mb']); mb += 1) {
    let lines = '';
    while (lines.length < 2 ** 20)
      lines += `{"type":"system","subtype":"stand_in_flood","n":${(n += 1)},"pad":"${pad}"}\n`;
    const bytes = Buffer.from(lines);
    for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
    await new Promise((done) => setImmediate(done));
  }
}

/** @param {Json} noise */
function printNoise(noise) {
  const filler = JSON.stringify({
    type: 'system',
    subtype: 'stand_in_noise',
    text: 'x'.repeat(Number(noise['bytes'] ?? 0)),
  });
  const line = noise['text'] === undefined ? filler : String(noise['text']);
  const end = noise['newline'] === false ? '' : '\n';
  const whole = `${line}${end}`.repeat(Number(noise['lines'] ?? 1));
  if (noise['stream'] === 'stderr') process.stderr.write(whole);
  else out(whole);
}

/** @param {Json} leftovers */
function leaveBehind(leftovers) {
  const seconds = Number(leftovers['seconds'] ?? 60);
  const note = leftovers['pidFile'] === undefined ? ':' : `echo $$ >> '${besideScript(leftovers['pidFile'])}'`;
  const output = leftovers['holdStdout'] === true ? 'inherit' : 'ignore';
  for (const kind of leftovers['kinds'] ?? ['child']) {
    const life = `${note}; exec sleep ${seconds}`;
    // A grandchild of a shell that is gone: nobody's child, in a session of its own.
    const command = kind === 'daemon' ? `sh -c "${life.replaceAll(/["$]/g, String.raw`\$&`)}" &` : life;
    spawn('sh', ['-c', command], { detached: kind !== 'child', stdio: ['ignore', output, output] }).unref();
  }
}

/** @type {Buffer[]} */
const hoard = [];
let growing = false;

/** @param {Json} memory */
function grow(memory) {
  if (growing) return;
  growing = true;
  const mb = Number(memory['mb'] ?? 50);
  const max = Number(memory['mbMax'] ?? mb * 10);
  const timer = setInterval(
    () => {
      if (hoard.length * mb >= max) clearInterval(timer);
      else hoard.push(Buffer.alloc(mb * 2 ** 20, 1));
    },
    Number(memory['everyMs'] ?? 100),
  );
  timer.unref();
}

// ---------------------------------------------------------------------------------------------- stdin

/** @returns {string} the credential that is really used, in the words of the real one */
function tokenSource() {
  if (process.env['ANTHROPIC_AUTH_TOKEN']) return 'ANTHROPIC_AUTH_TOKEN';
  if (process.env['CLAUDE_CODE_OAUTH_TOKEN']) return 'CLAUDE_CODE_OAUTH_TOKEN';
  return existsSync(join(configDir, '.credentials.json')) && !process.env['ANTHROPIC_API_KEY'] ? 'claude.ai' : 'none';
}

/** @param {Json} want */
function initializeResponse(want) {
  const key = process.env['ANTHROPIC_API_KEY'] ? { apiKeySource: 'ANTHROPIC_API_KEY' } : {};
  const source = String(want['tokenSource'] ?? tokenSource());
  const account = { tokenSource: source, ...key, apiProvider: 'firstParty' };
  const lists = {
    commands: [{ name: 'compact', description: 'Compact the conversation', argumentHint: '' }],
    agents: [{ name: 'general-purpose', description: 'Does anything' }],
    output_style: 'default',
    available_output_styles: ['default'],
    ...(old ? {} : { user_output_styles_dir: join(configDir, 'output-styles') }),
    models: [
      {
        value: 'default',
        ...(old ? {} : { resolvedModel: model }),
        displayName: 'Default (recommended)',
        description: model,
      },
    ],
  };
  const conflict = !old && key.apiKeySource !== undefined && source !== 'none' ? { auth_conflict: {} } : {};
  if (old) return { ...lists, account, pid: process.pid };
  return {
    ...lists,
    account,
    ...conflict,
    pid: process.pid,
    claude_code_version: version,
    current_permission_mode: flags.get('--permission-mode') ?? 'default',
    hook_on_failure_supported: true,
    hooks_when_unanswered_kept: 0,
    other_hook_ask_outranks_host: true,
    feedback_mode: { kind: 'disabled' },
    analytics_disabled: true,
    remote_control_auto_enable: false,
    remote_control_auto_connect_default: false,
    remote_control_available: false,
    remote_control_auto_on_by_default: false,
    ide_rc_auto_enable_gate: false,
    fast_mode_state: 'off',
    fast_mode_disabled_reason: 'sdk_opt_in_required',
    session_state: turn === null ? 'idle' : 'running',
    capabilities: ['ui_surface_v1'],
  };
}

/** @param {Json} line */
async function onControl(line) {
  const id = line['request_id'];
  const subtype = line['request']?.['subtype'];
  const want = wanted({ turn: turns, attempt: 1, text: turn?.text ?? '' });
  /** @param {Json | null} response */
  const succeed = (response) => {
    const pending =
      old || subtype !== 'initialize' ? {} : { pending_permission_requests: [], pending_user_dialog_requests: [] };
    const body = { subtype: 'success', request_id: id, ...(response === null ? {} : { response }), ...pending };
    print({ type: 'control_response', response: body });
  };
  if (subtype === 'initialize') {
    if (want['neverReady'] === true) return;
    succeed(initializeResponse(want));
    await apply(want, 'ready');
  } else if (subtype === 'interrupt') {
    if (want['ignoreInterrupt'] === true) return;
    succeed(old ? null : { still_queued: queue.filter((message) => message.given).map((message) => message.uuid) });
    turn?.stop.abort();
  } else {
    const error = { subtype: 'error', request_id: id, error: `Unsupported control request subtype: ${subtype}` };
    print({ type: 'control_response', response: { ...error, ...(old ? {} : { error_code: 'unsupported_request' }) } });
  }
}

/** @param {Json} line */
async function onUser(line) {
  const role = line['message']?.['role'];
  if (role !== 'user') return fail(`Error: Expected message role 'user', got '${role}'`, 1);
  const given = typeof line['uuid'] === 'string';
  /** @type {Message} */
  const message = { uuid: given ? line['uuid'] : randomUUID(), given, content: line['message']['content'] ?? '' };
  if (queue.some((waiting) => waiting.uuid === message.uuid)) {
    if (old) echo(message, false);
  } else if (session.known.has(message.uuid)) {
    echo(message, false);
    const here = resumedIds.has(message.uuid);
    if (here) lifecycle(message, 'completed');
  } else {
    queue.push(message);
    lifecycle(message, 'queued');
    await pump();
  }
}

/** Ids that came with the transcript, as opposed to those of this process. @type {Set<string>} */
let resumedIds = new Set();

/** @param {string} text */
async function onLine(text) {
  if (text.trim() === '') return;
  /** @type {unknown} */
  let line;
  try {
    line = JSON.parse(text);
  } catch {
    const type = /"type"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? 'unknown';
    const wording = old
      ? `Error parsing streaming input line: ${text}: SyntaxError: JSON Parse error`
      : `Error parsing streaming input line (type=${type}, ${text.length} chars): SyntaxError`;
    return fail(wording, 1);
  }
  const value = /** @type {Json} */ (line ?? {});
  if (value['type'] === 'control_request') await onControl(value);
  else if (value['type'] === 'user') await onUser(value);
}

function listen() {
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk) => {
    if (deaf || wanted({ turn: turns, attempt: 1, text: '' })['neverReady'] === true) return;
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) crashOn(onLine(line));
  });
  process.stdin.on('end', () => {
    ended = true;
    crashOn(rest === '' ? pump() : onLine(rest).then(pump));
  });
}

/** @param {Promise<void>} work */
function crashOn(work) {
  work.catch((cause) => {
    process.stderr.write(`stand-in bug: ${cause instanceof Error ? cause.stack : String(cause)}\n`);
    process.exit(70);
  });
}

// ---------------------------------------------------------------------------------------------- signals and start

function hearSignals() {
  process.on('SIGTERM', () => leave(143));
  process.on('SIGHUP', () => leave(129));
  process.on('SIGINT', () => {
    if (deaf) return;
    const running = turn;
    // With a request under way 2.1.195 leaves without another word. Whatever is printed, the exit code says that all was well.
    if (running === null || (old && running.underWay && running.tool === null)) return crashOn(exit(0));
    leaving = true;
    queue = [];
    running.stop.abort();
  });
  // 2.1.195 leaves its tools running.
  if (!old) process.on('exit', () => killTool(turn?.tool ?? null));
}

/** @param {number} code */
function leave(code) {
  if (deaf || wanted({ turn: turns, attempt: 1, text: turn?.text ?? '' })['ignoreTerm'] === true) return;
  process.exit(code);
}

async function main() {
  if (flags.has('--version') || flags.has('-v')) {
    out(`${version} (Claude Code)\n`);
    return exit(0);
  }
  const trouble = openSession();
  if (trouble !== null) {
    const opened =
      flags.has('--resume') && !trouble.startsWith('Error: --session-id') && !trouble.startsWith('Error: Invalid');
    if (opened) printUnopened(trouble);
    return fail(trouble, 1);
  }
  resumedIds = new Set(session.known);
  hearSignals();
  const want = wanted({ turn: 0, attempt: 1, text: '' });
  await apply(want, 'start');
  await sleep(Number(want['startDelayMs'] ?? 0));
  // Keeps a process that ignores the end of its input.
  setInterval(() => {}, 2 ** 30);
  listen();
}

crashOn(main());
