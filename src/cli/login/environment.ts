import { join } from 'node:path';
import { pickEnvironment } from '../../config/environment.ts';
import type { Environment } from '../../home/paths.ts';

/** Where Claude Code keeps its files while it signs in. */
export const configFolder = (folder: string): string => join(folder, '.claude');

/**
 * All that a sign-in sees: what agents are given of the shell, too (PATH, language, proxy, certificates), with everything
 * of Claude Code's own in a folder that is thrown away. No credential and no mark of a Claude Code around us comes in:
 * only what is named does.
 */
export function signInEnvironment(env: Environment, folder: string): Readonly<Record<string, string>> {
  const { plain, secret } = pickEnvironment(env);
  return {
    ...plain,
    ...secret,
    HOME: folder,
    TMPDIR: folder,
    CLAUDE_CONFIG_DIR: configFolder(folder),
    TERM: 'xterm-256color',
    DISABLE_AUTOUPDATER: '1',
    // Both versions may open a browser by `xdg-open`, with another address than they print: its answer would go to a port of
    // this machine. With this they run `true` (measured), and the person opens the printed address.
    BROWSER: 'true',
  };
}
