import { historyOf, tell, type History } from './history.ts';
import { DIED, machine } from './os/machine.ts';
import { replaceGlobals } from './os/globals.ts';
import { playHistory, type Result } from './play.ts';
import { smaller } from './smaller.ts';
import { takeNewStates } from './states.ts';

/** What a process that plays histories is told to do, and what it tells. */
export type Order =
  | { readonly do: 'play'; readonly seed: number; readonly step: number; readonly histories: number }
  | { readonly do: 'replay'; readonly seed: number; readonly moves: readonly number[] | null };

export type Report = {
  readonly played: number;
  readonly simulatedMs: number;
  readonly states: readonly number[];
  readonly faults: readonly (readonly [string, number])[];
  readonly complaints: readonly (readonly [string, number])[];
  readonly failed: Failed | null;
  readonly isDone: boolean;
};

export type Failed = {
  readonly seed: number;
  readonly failure: string;
  /** Which of its moves are needed for it. */
  readonly moves: readonly number[];
  readonly story: readonly string[];
};

const REPORT_MS = 250;
const nodeNow = performance.now.bind(performance);

const send = (report: Report): void => void process.send?.(report);

function add(sum: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sum.set(name, (sum.get(name) ?? 0) + count);
}

async function play(order: Extract<Order, { do: 'play' }>): Promise<void> {
  let [played, simulatedMs, last] = [0, 0, nodeNow()];
  let [faults, complaints] = [new Map<string, number>(), new Map<string, number>()];
  const report = (failed: Failed | null, isDone: boolean): void => {
    const sums = { faults: [...faults], complaints: [...complaints] };
    send({ played, simulatedMs, states: takeNewStates(), ...sums, failed, isDone });
    [played, simulatedMs, last, faults, complaints] = [0, 0, nodeNow(), new Map(), new Map()];
  };
  for (let number = 0; number < order.histories; number += 1) {
    const history = historyOf(order.seed + number * order.step);
    const result = await playHistory(history);
    played += 1;
    simulatedMs += result.simulatedMs;
    add(faults, result.faults);
    add(complaints, result.complaints);
    if (result.failure !== null) return report(await failedOf(history, result, null), true);
    if (nodeNow() - last > REPORT_MS) report(null, false);
  }
  report(null, true);
}

async function replay({ seed, moves }: Extract<Order, { do: 'replay' }>): Promise<void> {
  const whole = historyOf(seed);
  const history = moves === null ? whole : { ...whole, moves: whole.moves.filter((_, index) => moves.includes(index)) };
  const result = await playHistory(history, true);
  const failed = await failedOf(history, result, result.trace);
  const sums = { faults: [...result.faults], complaints: [...result.complaints] };
  send({ played: 1, simulatedMs: result.simulatedMs, states: takeNewStates(), ...sums, failed, isDone: true });
}

async function failedOf(history: History, result: Result, trace: readonly string[] | null): Promise<Failed> {
  const { seed } = history;
  const failure = result.failure ?? '';
  const all = historyOf(seed).moves;
  if (trace !== null) return { seed, failure, moves: history.moves.map((move) => indexOf(all, move)), story: trace };
  const small = await smaller(history, failure);
  return { seed, failure, moves: small.moves.map((move) => indexOf(all, move)), story: small.moves.map(tell) };
}

/** Both are drawn from one seed, so that equal moves are the same. */
const indexOf = (all: History['moves'], move: History['moves'][number]): number =>
  all.findIndex((one) => one.x === move.x && one.y === move.y);

replaceGlobals();
// What the product throws and nobody takes would end a daemon.
process.on('unhandledRejection', (error) => {
  if (error === DIED || !machine().isDaemonAlive) return;
  machine().fail(`not caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
});
// Nobody listens any more.
process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  Error.stackTraceLimit = order.do === 'replay' ? 40 : 0;
  void (order.do === 'play' ? play(order) : replay(order));
});
