import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile, syncFolder } from '../../home/durable.ts';
import { readIfThere } from '../../home/ndjson.ts';
import type { Environment } from '../../home/paths.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { bootFile, bootPlan } from './boot-place.ts';
import { WRITTEN_BY_US, type BootScope } from './boot-plan.ts';

/** What stands there, null when nothing does. Throws when somebody else wrote it: it is neither replaced nor removed. */
export function readOwnUnit(file: string): string | null {
  const text = readIfThere(file);
  if (text === null || text.includes(WRITTEN_BY_US)) return text;
  throw new AgentvisorError(
    'refused',
    `${file} was not written by agentvisor.`,
    'It is left as it is. Move it away, then say this again.',
  );
}

/** Readable for everybody, as units are; whole for whoever reads it. */
export function writeUnit(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, text);
    chmodSync(file, 0o644);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new AgentvisorError(
      'failed',
      `${file} cannot be written (${why}).`,
      'Nothing was changed. Print it and put it there yourself: agentvisor startup',
      cause,
    );
  }
}

export function removeUnit(file: string): void {
  rmSync(file, { force: true });
  syncFolder(dirname(file));
}

export type InstalledUnit = { readonly scope: BootScope; readonly name: string; readonly file: string };

/** The unit that `startup --apply` has written for this home; null when there is none. */
export function installedUnit(home: string, env: Environment): InstalledUnit | null {
  if (process.platform !== 'linux') return null;
  for (const scope of ['user', 'system'] as const) {
    const plan = bootPlan('systemd', scope, home, env);
    const file = bootFile('systemd', plan, env) ?? '';
    if (existsSync(file) && readFileSync(file, 'utf8').includes(WRITTEN_BY_US)) return { scope, name: plan.name, file };
  }
  return null;
}
