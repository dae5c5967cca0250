import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { MAIN } from './run-cli.ts';
import { startProgramInTerminal } from './run-in-terminal.ts';

/** Whether the tests of a shell are skipped; where AGENTVISOR_REQUIRE_SHELLS is 1 none may be. */
export function isMissing(shell: string): boolean {
  const missing = spawnSync(shell, ['-c', 'exit 0']).status !== 0;
  if (missing && process.env['AGENTVISOR_REQUIRE_SHELLS'] === '1') throw new Error(`${shell} is not installed`);
  return missing;
}

/** What a shell reads at its start, and how it is told where that is. */
export type Shell = {
  readonly command: readonly string[];
  readonly rc: string;
  readonly text: string;
  readonly env: Readonly<Record<string, string>>;
};

const PROMPT = 'your turn> ';

/** A bash that completes; `agentvisor` itself is replaced by a word for what was typed. */
export const bash = (home: string): Shell => ({
  command: ['bash', '--rcfile', join(home, 'bashrc'), '-i'],
  rc: 'bashrc',
  text: `source <(command agentvisor completion bash); agentvisor() { echo "typed: $*"; }; PS1='${PROMPT}'`,
  env: {},
});

/** The same in zsh; `load` says how the script comes in. */
export const zsh = (home: string, load: string): Shell => ({
  command: ['zsh', '-i'],
  rc: '.zshrc',
  text: `${load}; agentvisor() { print -r -- "typed: $*" }; PS1='${PROMPT}'`,
  env: { ZDOTDIR: home },
});

/** Puts `agentvisor` on a PATH, and gives the environment of a shell that finds it there. */
export function shellEnvironment(home: string): Record<string, string> {
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'agentvisor'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(join(bin, 'agentvisor'), 0o755);
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: home, AGENTVISOR_HOME: home };
}

/** Types each line at the prompt of a shell and presses Enter; gives what the shell took it for. */
export async function typeAt(
  { command, rc, text, env }: Shell,
  home: string,
  lines: readonly string[],
): Promise<readonly string[]> {
  writeFileSync(join(home, rc), text);
  const terminal = startProgramInTerminal(200, command, {
    cwd: home,
    env: { ...shellEnvironment(home), LANG: 'C.UTF-8', TERM: 'dumb', ...env },
  });
  const taken = (): readonly string[] =>
    [...terminal.screen().matchAll(/^typed: (.*)$/gm)].map(([, words = '']) => words);
  await expect.poll(terminal.screen, { timeout: 10_000 }).toContain(PROMPT);
  for (const [index, line] of lines.entries()) {
    terminal.type(`${line}\r`);
    await expect.poll(taken, { timeout: 10_000 }).toHaveLength(index + 1);
  }
  terminal.type('exit\r');
  await terminal.ended;
  return taken();
}
