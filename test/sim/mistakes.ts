/** Mistakes that somebody could make, each of which the simulator must notice. */
export type Mistake = {
  readonly name: string;
  /** Shortly before the first of the histories from 1 on that shows it, so that a test need not play all of them. */
  readonly seed: number;
  /** More than one where something else would still hold what the first one breaks. */
  readonly edits: readonly Edit[];
};

type Edit = {
  /** Below src. */
  readonly file: string;
  /** Stands there exactly once when the types are taken away. */
  readonly from: string;
  readonly to: string;
};

export const MISTAKES: readonly Mistake[] = [
  {
    name: 'acknowledge a message before it is on the disk',
    seed: 5,
    edits: [{ file: 'daemon/engine.ts', from: 'await this.#store.sync();', to: '' }],
  },
  {
    name: 'keep of what operators ask only the messages through a power cut',
    seed: 681,
    edits: [{ file: 'daemon/engine.ts', from: 'Object.hasOwn(CONFIRMED, event.type)', to: "event.type === 'message'" }],
  },
  {
    name: 'hear what was heard before a crash again',
    seed: 62,
    edits: [
      { file: 'kernel/hearing.ts', from: 'offset <= before.cursor', to: 'false' },
      { file: 'daemon/host.ts', from: 'cursor: this.#heardUpTo(agent, run, base)', to: 'cursor: 0' },
    ],
  },
  {
    name: 'hear what is left of a log behind a power cut again',
    seed: 19,
    edits: [{ file: 'daemon/host.ts', from: 'if (isOfThisBoot)', to: 'if (true)' }],
  },
  {
    name: 'look for no process of a spawn that was only intended',
    seed: 1341,
    edits: [
      {
        file: 'daemon/process/inspect.ts',
        from: 'recorded === null ? await findShim(runDir, table)',
        to: 'recorded === null ? null',
      },
    ],
  },
  {
    name: 'read no more when a notification was lost',
    seed: 85,
    edits: [{ file: 'daemon/live-run.ts', from: 'this.#follower?.poke(how);', to: '' }],
  },
  {
    name: 'miss the end of a run that was taken up',
    seed: 67,
    edits: [{ file: 'daemon/live-run.ts', from: 'if (isLost)', to: 'if (false)' }],
  },
  {
    name: 'tell the end of a run before its last words',
    seed: 1213,
    edits: [{ file: 'daemon/live-run.ts', from: '{ drain: true }', to: '{ drain: false }' }],
  },
  {
    name: 'deliver once more after a crash under another uuid',
    seed: 312,
    edits: [
      {
        file: 'kernel/delivery.ts',
        from: 'uuid: turn.uuid, text',
        to: 'uuid: deliveryUuid(message.id, message.deliveries + 1), text',
      },
    ],
  },
  {
    name: 'fold the journal into a snapshot that gets no name',
    seed: 195,
    edits: [{ file: 'daemon/state-files.ts', from: 'renameSync(tmp, this.#path);', to: '' }],
  },
  {
    name: 'leave half of a line on a disk that became full',
    seed: 468,
    edits: [{ file: 'daemon/appender.ts', from: 'ftruncateSync(this.#fd, this.#bytes);', to: '' }],
  },
  {
    name: 'glue a line to half of one that a crash has left',
    seed: 1,
    edits: [
      { file: 'daemon/appender.ts', from: 'cutHalfLine(path, this.#fd);', to: '' },
      { file: 'daemon/appender.ts', from: '`\\n${text}`', to: 'text' },
    ],
  },
  {
    name: 'end the agent and none of those who stay behind',
    seed: 28,
    edits: [
      {
        file: 'daemon/process/sweep.ts',
        from: 'const killed = await this.killBearers(cookie, { except: shimPid });',
        to: 'const killed = [];',
      },
    ],
  },
  {
    name: 'cut a log while somebody writes to it',
    seed: 667,
    edits: [
      { file: 'daemon/process/sweep.ts', from: "this.#table.signalGroup(shimPid, 'SIGSTOP');", to: 'return true;' },
      { file: 'daemon/process/cut.ts', from: 'disk.fstatSync(live).size !== size', to: 'false' },
    ],
  },
  {
    name: 'let nobody who was stopped for a cut go on after a crash',
    seed: 540,
    edits: [{ file: 'daemon/log-keeper.ts', from: 'if (shimPid > 0)', to: 'if (false)' }],
  },
  {
    name: 'call an agent healthy as soon as it listens',
    seed: 1,
    edits: [
      {
        file: 'kernel/processes.ts',
        from: "state: { at: 'running', run: { ...run, look } }",
        to: "state: { at: 'running', run: { ...run, look } }, health: 'healthy'",
      },
    ],
  },
  {
    name: 'start a second process beside one that lives',
    seed: 1,
    edits: [
      {
        file: 'daemon/adopt.ts',
        from: "case 'alive': {",
        to: "case 'alive': if (run.shim !== null) { await submit({ type: 'gone', ...name, leftovers: 0 }); return; } else {",
      },
    ],
  },
];
