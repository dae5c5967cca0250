import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { box, type Box } from '../box.ts';
import { MAIN, type CliResult } from '../cli/run-cli.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

export type SetUp = Box & {
  /** A copy of the example's folder. */
  readonly folder: string;
  /** Its PATH leads to the stand-in as `claude` and to the compiled program as `agentvisor`. */
  readonly path: string;
  /** Runs a verb as a person would who stands in that folder; fails the test unless it exits 0. */
  here(...args: string[]): Promise<CliResult>;
};

/** An example as a person would try it; `script` says what goes wrong with the stand-in. */
export function setUp(name: string, script?: string): SetUp {
  const own = box();
  const folder = join(own.dir, name);
  cpSync(join(EXAMPLES, name), folder, { recursive: true });
  const bin = join(own.dir, 'bin');
  mkdirSync(bin);
  const program = (called: string, line: string): void => {
    writeFileSync(join(bin, called), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, called), 0o755);
  };
  const faults = script === undefined ? '' : `STAND_IN_SCRIPT='${join(EXAMPLES, 'stand-in', script)}' `;
  program('claude', `STAND_IN_SPEED=20 ${faults}exec '${join(EXAMPLES, 'stand-in/bin/claude')}' "$@"`);
  program('agentvisor', `exec '${process.execPath}' '${MAIN}' "$@"`);
  const path = `${bin}:${process.env['PATH']}`;
  const here: SetUp['here'] = async (...args) => {
    const result = await own.avWith({ cwd: folder, env: { PATH: path } }, ...args);
    expect(result, `agentvisor ${args.join(' ')}`).toMatchObject({ code: 0 });
    return result;
  };
  return { ...own, folder, path, here };
}
