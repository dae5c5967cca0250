import { machine, type Timer } from './machine.ts';
import type { Signal } from './processes.ts';

/** The clocks, timers and chance that a program has without an import, those of the present machine. */

const OwnDate = Date;

class FakeDate extends OwnDate {
  constructor(...args: [] | [number | string]) {
    if (args.length === 0) super(machine().wall);
    else super(...args);
  }

  static override now(): number {
    return Math.floor(machine().wall);
  }
}

const timers = {
  setTimeout: (act: () => void, delayMs = 1): Timer => machine().forDaemon(Math.max(1, delayMs), act),
  setImmediate: (act: () => void): Timer => machine().forDaemon(0, act),
  setInterval: (act: () => void, delayMs = 1): Timer => {
    let next: Timer;
    const arm = (): void => {
      next = machine().forDaemon(Math.max(1, delayMs), () => {
        arm();
        act();
      });
    };
    arm();
    return { cancel: () => next.cancel() };
  },
  clearTimeout: (timer?: Timer): void => timer?.cancel(),
  clearInterval: (timer?: Timer): void => timer?.cancel(),
  clearImmediate: (timer?: Timer): void => timer?.cancel(),
};

/** A signal that is aborted when its time is over, and nothing else: an AbortController costs more than a history may. */
function timeoutSignal(delayMs: number): { readonly aborted: boolean } {
  const box = machine();
  const end = box.now + delayMs;
  return {
    get aborted(): boolean {
      return box.now >= end;
    },
  };
}

const UID = process.getuid?.() ?? 0;

/** For good: this process does nothing but play histories. */
export function replaceGlobals(): void {
  Object.assign(globalThis, timers, { Date: FakeDate });
  Object.defineProperty(AbortSignal, 'timeout', { value: timeoutSignal });
  Object.defineProperty(performance, 'now', { value: () => machine().mono });
  Object.defineProperty(Math, 'random', { value: () => machine().random.next() });
  Object.defineProperty(process, 'hrtime', {
    value: { bigint: () => BigInt(Math.floor(machine().mono * 1_000)) * 1_000n },
  });
  // Each look at a variable of the real one is a call of the system.
  Object.defineProperty(process, 'env', { value: {} });
  Object.defineProperty(process, 'getuid', { value: () => UID });
  Object.defineProperty(process, 'umask', { value: () => 0o022 });
  Object.defineProperty(process, 'kill', { value: kill });
}

function kill(pid: number, signal: Signal): true {
  const box = machine();
  box.enter();
  box.processes.signal(pid, signal);
  return true;
}
