import type { Inode } from '../os/inode.ts';
import type { Machine } from '../os/machine.ts';
import type { Process } from '../os/processes.ts';
import type { Printed } from './town.ts';

/** While the disk is full what is to be said waits: Claude Code would end or lose it, which is nobody's to mend here. */
const FULL_MS = 200;

/** The stdout of a process: what is said comes out in order, now and then a part of a line first. */
export class Mouth {
  readonly #box: Machine;
  readonly #process: Process;
  readonly #stdout: Inode;
  readonly #printed: Printed;
  readonly #waiting: { bytes: Buffer; readonly done: () => void }[] = [];
  #isBusy = false;
  /** When it last said something. */
  lastAt: number;

  constructor(box: Machine, process: Process, stdout: Inode, printed: Printed) {
    this.#box = box;
    this.#process = process;
    this.#stdout = stdout;
    this.#printed = printed;
    this.lastAt = box.now;
  }

  get isDone(): boolean {
    return this.#waiting.length === 0;
  }

  /** @param done called when all of it is in the file */
  say(line: string, done: () => void = () => undefined): void {
    this.#waiting.push({ bytes: Buffer.from(line), done });
    if (!this.#isBusy) this.#pump();
  }

  #pump(): void {
    this.#isBusy = false;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { random } = this.#box;
      const part = random.chance(0.06) ? random.below(next.bytes.length) : next.bytes.length;
      const written = this.#box.disk.write(this.#stdout, next.bytes.subarray(0, part), this.#stdout.size);
      this.lastAt = this.#box.now;
      this.#printed.bytes.push(next.bytes.subarray(0, written));
      next.bytes = next.bytes.subarray(written);
      if (next.bytes.length > 0) {
        this.#isBusy = true;
        this.#process.later(written < part ? FULL_MS : random.between(0.1, 30), () => this.#pump());
        return;
      }
      this.#waiting.shift();
      next.done();
    }
  }
}
