import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FaultScript } from '../stand-in/script.ts';
import type { CliResult } from '../cli/run-cli.ts';
import { readOwner, type Owner } from '../../src/home/owner.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';

/** A box on a machine with a stand-in for systemd; `run` is the command line there. */
export type UnitBox = StandInBox & {
  run(...args: string[]): Promise<CliResult>;
  /** The same; fails the test unless it exits 0. */
  done(...args: string[]): Promise<string>;
  /** What systemctl was asked since the last look. */
  asked(): readonly string[];
  /** With what the unit's daemons have ended. */
  exits(): readonly string[];
  refuse(verb: string, words: string | null): void;
  owner(): Owner | null;
  unitFolder: string;
  unitFiles(): readonly string[];
};

export function unitBox(names: readonly string[], script: FaultScript = {}): UnitBox {
  const own = standInBox(names, script);
  const bin = join(own.dir, 'bin');
  const systemd = join(own.dir, 'systemd');
  const unitFolder = join(own.userHome, '.config/systemd/user');
  for (const folder of [bin, systemd]) mkdirSync(folder);
  copyFileSync(join(import.meta.dirname, 'systemctl.mjs'), join(bin, 'systemctl'));
  // Without its ending node takes a file for CommonJS, unless its folder says otherwise.
  writeFileSync(join(bin, 'package.json'), '{"type":"module"}');
  chmodSync(join(bin, 'systemctl'), 0o755);
  const env = { PATH: `${bin}:${process.env['PATH']}`, FAKE_SYSTEMD: systemd };
  const linesOf = (name: string): readonly string[] =>
    existsSync(join(systemd, name)) ? readFileSync(join(systemd, name), 'utf8').trim().split('\n') : [];
  const run: UnitBox['run'] = (...args) => own.avWith({ env }, ...args);
  return {
    ...own,
    run,
    done: async (...args) => {
      const result = await run(...args);
      expect(result, `agentvisor ${args.join(' ')}`).toMatchObject({ code: 0 });
      return result.stdout;
    },
    asked: () => {
      const lines = linesOf('log');
      rmSync(join(systemd, 'log'), { force: true });
      return lines;
    },
    exits: () => linesOf('exits'),
    refuse: (verb, words) => {
      const file = join(systemd, `refuse-${verb}`);
      if (words === null) rmSync(file);
      else writeFileSync(file, words);
    },
    owner: () => readOwner(own.home),
    unitFolder,
    unitFiles: () => (existsSync(unitFolder) ? readdirSync(unitFolder) : []),
  };
}
