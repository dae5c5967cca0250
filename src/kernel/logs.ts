import { put, record, type Draft } from './draft.ts';
import type { ProcessEvent } from './events.ts';
import type { Agent, AgentState, LogFile, Run, RunLog } from './fleet.ts';
import { elapsedMs, stampOf } from './moment.ts';

/**
 * The output of a live run is a file that only grows. What is larger than `log.maxSize` is cut when no turn runs; a
 * command agent has no turns and is cut at once. Beyond `log.total` the oldest goes; what the living files alone hold
 * beyond it is cut in the midst of a turn, too, since the disk is not this agent's alone.
 */

type StateWithRun = Extract<AgentState, { run: Run }>;
type LogEvent<Type extends ProcessEvent['type']> = Extract<ProcessEvent, { type: Type }>;

/** What is dropped goes on for as long as an agent floods: it is told at once, and then not more often than this. */
export const DROPPED_TOLD_MS = 600_000;
/** What is kept of a live file that has to make room on a full disk. */
export const KEPT_ON_FULL_DISK_BYTES = 64 * 1024;

const untouched: RunLog = {
  bases: { stdout: 0, stderr: 0 },
  large: [],
  cutting: null,
  problem: null,
  unread: 0,
  held: false,
};

/** Absent in what an earlier version has left, and in a run of which nothing was ever to be told. */
export const logOf = (run: Run): RunLog => run.log ?? untouched;

export const withLog = (agent: Agent, state: StateWithRun, change: Partial<RunLog>): Agent => ({
  ...agent,
  state: { ...state, run: { ...state.run, log: { ...logOf(state.run), ...change } } },
});

/** A file, or all of them together, holds more than it may. */
export function onLogGrown(draft: Draft, agent: Agent, state: StateWithRun, event: LogEvent<'log-grown'>): void {
  const { file, bytes, liveBytes, allBytes } = event;
  const { sizeBytesMax, totalBytesMax } = agent.spec.log;
  const log = logOf(state.run);
  if (state.at === 'stopping' || log.cutting !== null || log.held) return;
  const target = { agent: agent.spec.name, run: state.run.id };
  // What is kept has no holes: everything older goes before anything of the live files does.
  if (allBytes > totalBytesMax) draft.commands.push({ type: 'trim-logs', ...target, missingBytes: 0 });
  if (event.urgent) {
    beginCut(draft, agent, state, file, 0, Math.ceil(Math.min(bytes / 2, KEPT_ON_FULL_DISK_BYTES)));
  } else if (liveBytes > totalBytesMax) {
    beginCut(draft, agent, state, file, 0, endKept(agent));
  } else if (bytes > sizeBytesMax && !log.large.includes(file)) {
    put(draft, withLog(agent, state, { large: [...log.large, file] }));
  }
}

/** Cuts what is too large when no turn runs. True: a cut is under way, and the agent is asked nothing until it is done. */
export function cutWhenIdle(draft: Draft, agent: Agent, run: Run): boolean {
  const { cutting, large } = logOf(run);
  if (cutting !== null) return true;
  const [file] = large;
  if (file === undefined || agent.turn !== null || agent.paused) return false;
  // It has grown since it was looked at, perhaps beyond all that may be kept: a piece of that size would go as one.
  const wholeBytesMax = Math.ceil(agent.spec.log.totalBytesMax / 2);
  beginCut(draft, agent, { at: 'running', run }, file, wholeBytesMax, endKept(agent));
  return true;
}

/** Of a file that is larger than all that may be kept. */
const endKept = ({ spec: { log } }: Agent): number => Math.ceil(Math.min(log.sizeBytesMax, log.totalBytesMax / 2));

function beginCut(
  draft: Draft,
  agent: Agent,
  state: StateWithRun,
  file: LogFile,
  wholeBytesMax: number,
  keepBytesMax: number,
): void {
  const large = logOf(state.run).large.filter((other) => other !== file);
  draft.commands.push({
    type: 'cut-log',
    agent: agent.spec.name,
    run: state.run.id,
    file,
    wholeBytesMax,
    keepBytesMax,
  });
  put(draft, withLog(agent, state, { large, cutting: { file, upTo: null } }));
}

/** Everything in front of the cut was heard. */
export function onLogCutting(draft: Draft, agent: Agent, state: StateWithRun, event: LogEvent<'log-cutting'>): void {
  const { file, upTo } = event;
  const isHeard = file === 'stdout' && agent.spec.mode === 'stream';
  const cursor = isHeard ? Math.max(state.run.cursor, upTo) : state.run.cursor;
  const heard = { ...state, run: { ...state.run, cursor } };
  put(draft, withLog(agent, heard, { cutting: { file, upTo } }));
}

/** It was cut, or why it was not; a new daemon tells so, too, of what it finds. */
export function onLogCut(draft: Draft, agent: Agent, state: StateWithRun, event: LogEvent<'log-cut'>): void {
  const { file, base, problem } = event;
  const log = logOf(state.run);
  const isNews = problem !== null && problem !== log.problem;
  if (isNews) record(draft, agent, 'log-stuck', null, `${file} is not cut: ${problem}`);
  put(draft, withLog(agent, state, { bases: { ...log.bases, [file]: base }, cutting: null, problem }));
  // The total now counts a piece more.
  draft.commands.push({ type: 'trim-logs', agent: agent.spec.name, run: state.run.id, missingBytes: 0 });
}

/** What a person should know of a log that is not whole, or was not read whole. */
export function onLogNoted(draft: Draft, agent: Agent, state: StateWithRun, event: LogEvent<'log-noted'>): void {
  const { file, what, at, bytes } = event;
  const log = logOf(state.run);
  switch (what) {
    case 'emptied':
      record(draft, agent, 'log-noted', null, `somebody emptied ${file} at byte ${at}: what was in it is gone`);
      put(draft, withLog(agent, state, { bases: { ...log.bases, [file]: at } }));
      return;
    case 'replaced': {
      const until = 'the agent writes to the old one until its next start';
      record(draft, agent, 'log-noted', null, `${file} was removed or replaced: ${until}`);
      return;
    }
    case 'too-long': {
      const unread = log.unread + 1;
      const count = unread === 1 ? '' : `; ${unread} such lines so far`;
      const text = `a line of ${bytes} bytes at byte ${at} of ${file} was passed over: it is too long to be read${count}`;
      if (isPowerOfTen(unread)) record(draft, agent, 'log-noted', null, text);
      put(draft, withLog(agent, state, { unread }));
      return;
    }
    case 'truncated':
      record(draft, agent, 'log-noted', null, `the last line of ${file} is truncated: it ends after ${bytes} bytes`);
  }
}

/** A flood of them must not drive everything else out of the history. */
const isPowerOfTen = (count: number): boolean => Number.isInteger(Math.log10(count));

/** The oldest output of an agent was dropped because there is more than `log.total`. */
export function onLogDropped(draft: Draft, name: string, bytes: number, lines: number): void {
  const agent = draft.agents[name];
  if (agent === undefined) return;
  const before = agent.dropped ?? { bytes: 0, lines: 0, told: null };
  const dropped = { ...before, bytes: before.bytes + bytes, lines: before.lines + lines };
  const isTold = before.told !== null && elapsedMs(before.told, draft.moment) < DROPPED_TOLD_MS;
  if (isTold) {
    put(draft, { ...agent, dropped });
    return;
  }
  const text = `${dropped.lines} lines of output (${dropped.bytes} bytes) dropped so far: more than log.total`;
  record(draft, agent, 'log-dropped', null, text);
  put(draft, { ...agent, dropped: { ...dropped, told: stampOf(draft.moment) } });
}

/** A new daemon has let everybody go on, and nothing of the old one is under way. */
export const logAfterAdoption = (run: Run): Run =>
  run.log === undefined ? run : { ...run, log: { ...run.log, cutting: null, held: false } };
