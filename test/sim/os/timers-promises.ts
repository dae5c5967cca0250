import { machine } from './machine.ts';

/** `node:timers/promises` on the clock of the present machine. */

const after = <T>(delayMs: number, value: T): Promise<T> =>
  new Promise((done) => machine().forDaemon(delayMs, () => done(value)));

const timeout = <T>(delayMs: number, value?: T): Promise<T | undefined> => after(Math.max(1, delayMs), value);
const immediate = (): Promise<void> => after(0, undefined);

export { timeout as setTimeout, immediate as setImmediate };
