import { AGENT_COOKIE, RUN_COOKIE } from '../../../src/kernel/cookies.ts';
import type { Inode } from '../os/inode.ts';
import type { Machine } from '../os/machine.ts';
import type { Process } from '../os/processes.ts';
import { beginAgent } from './agent.ts';
import { townOf } from './town.ts';

export type ShimPlan = {
  readonly runDir: string;
  /** A FIFO to make, or /dev/null. */
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly stdout: Inode;
  readonly stderr: Inode;
};

/** While the disk is full a note is tried again this often. */
const AGAIN_MS = 1_000;

/** What `src/daemon/process/shim.ts` says in `sh`: it makes the FIFO, begins the agent and writes down how that ended. */
export function beginShim(box: Machine, plan: ShimPlan, onEnd: (code: number) => void): Process {
  const town = townOf(box);
  const name = plan.env[AGENT_COOKIE] ?? '';
  const run = plan.env[RUN_COOKIE] ?? '';
  for (const other of box.processes.table.values()) {
    if (other.env[AGENT_COOKIE] === name && other.env[RUN_COOKIE] !== run)
      box.fail(`${run} begins while ${other.pid} of ${other.env[RUN_COOKIE]} lives`);
  }
  box.note(() => `${run} is spawned: ${plan.argv.slice(7).join(' ')}`);
  const files = { 1: plan.stdout, 3: plan.stderr };
  const end = (code: number): void => {
    box.processes.end(shim);
    onEnd(code);
    town.onNews({ is: 'ended', agent: name, run });
  };
  const shim: Process = box.processes.begin({
    parent: 1,
    group: null,
    env: plan.env,
    files,
    // Its traps are ':'.
    onSignal: (signal) => {
      if (signal === 'SIGKILL') end(137);
    },
  });
  const ended = (code: number): void => {
    const late = town.lateExits > 0 ? box.random.between(0, 3_000) : 0;
    if (late > 0) town.lateExits -= 1;
    shim.later(box.random.between(0.5, 3) + late, () =>
      writeNote(box, shim, `${plan.runDir}/exit.json`, `{"code":${code}}\n`, () => end(code)),
    );
  };
  shim.later(box.random.between(0.3, 3), () => {
    if (box.disk.find(plan.runDir) === null) return end(125);
    const fifo = makeFifo(box, plan);
    beginAgent(town, { ...plan, name, run, fifo, shim, files }, ended);
  });
  return shim;
}

function makeFifo(box: Machine, { stdin }: ShimPlan): Inode | null {
  if (stdin === '/dev/null') return null;
  const known = box.disk.find(stdin);
  if (known !== null) return known;
  const { folder, name } = box.disk.place(stdin, 'mkfifo');
  const fifo = box.disk.make('fifo', 0o600);
  box.disk.setName(folder, name, fifo);
  return fifo;
}

/** Whole or not at all; a full disk is waited for, a folder that is gone is not. */
export function writeNote(box: Machine, by: Process, path: string, text: string, done: () => void): void {
  const cut = path.lastIndexOf('/');
  const folder = box.disk.find(path.slice(0, cut));
  if (folder === null) return done();
  if (box.disk.room < text.length) return by.later(AGAIN_MS, () => writeNote(box, by, path, text, done));
  const note = box.disk.make('file', 0o600);
  box.disk.setName(folder, path.slice(cut + 1), note);
  box.disk.write(note, Buffer.from(text), 0);
  done();
}
