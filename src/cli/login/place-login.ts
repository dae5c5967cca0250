import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { mergedLogin } from '../../claude/merged-login.ts';
import { syncFolder, writeWhole } from '../../home/durable.ts';
import { recordMint } from '../../home/mints.ts';
import { readIfThere } from '../../home/ndjson.ts';
import { hasCode } from '../../home/system-error.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { configFolder } from './environment.ts';
import type { Target } from './credential.ts';
import type { SignedIn } from './door-lines.ts';

/** Claude Code's own lock for the renewal of a login; one that is older belongs to a dead process. */
const LOCK_STALE_MS = 10_000;
const LOCK_TRIES_MAX = 15;
const LOCK_PAUSE_MS = 1_000;

/**
 * Puts the login that was made in the throw-away folder in the place of the credential's, and records when. The old one
 * stays beside it as `.credentials.json.prev` until the new one stands. Whoever reads finds one of them, whole.
 */
export async function placeLogin(home: string, folder: string, target: Target, mintedAt: string): Promise<SignedIn> {
  const fresh = readIfThere(join(configFolder(folder), '.credentials.json'));
  if (fresh === null) throw noLogin('it is not there');
  const checked = mergedLogin(fresh, null);
  if (!checked.ok) throw noLogin(checked.problem);
  try {
    mkdirSync(dirname(target.file), { recursive: true, mode: 0o700 });
    await exclusively(dirname(target.file), () => replace(behindLink(target.file), fresh));
  } catch (cause) {
    throw cause instanceof AgentvisorError ? cause : cannotPlace(target.file, cause);
  }
  const signedIn = { credential: target.credential.name, fingerprint: null, mintedAt };
  recordMint(home, signedIn);
  return signedIn;
}

/** Before anybody signs in. A folder that is not there yet is made when the login is. */
export function checkPlace({ file }: Target): void {
  const folder = dirname(file);
  try {
    if (existsSync(folder)) accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotPlace(file, cause);
  }
}

/** No running Claude Code renews the old login meanwhile and writes it over the new one. */
async function exclusively(folder: string, act: () => void): Promise<void> {
  const release = await lock(folder, {
    lockfilePath: join(folder, '.oauth_refresh.lock'),
    stale: LOCK_STALE_MS,
    retries: { retries: LOCK_TRIES_MAX, factor: 1, minTimeout: LOCK_PAUSE_MS, maxTimeout: LOCK_PAUSE_MS },
  });
  try {
    act();
  } finally {
    await release();
  }
}

function replace(file: string, fresh: string): void {
  const previous = `${file}.prev`;
  const next = `${file}.agentvisor.tmp`;
  const merged = mergedLogin(fresh, readIfThere(file));
  if (!merged.ok) throw noLogin(merged.problem);
  try {
    writeWhole(next, merged.text);
    rmSync(previous, { force: true });
    keepAs(previous, file);
    renameSync(next, file);
    syncFolder(dirname(file));
    if (readFileSync(file, 'utf8') !== merged.text) throw new Error('another process has replaced the login');
    rmSync(previous, { force: true });
  } finally {
    rmSync(next, { force: true });
  }
}

/** The same file under a second name, so that there is no moment without it. */
function keepAs(previous: string, file: string): void {
  try {
    linkSync(file, previous);
  } catch (error) {
    // The first login in this folder.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** A link that somebody keeps there stays one. */
function behindLink(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // Not there yet, or a link to nowhere, which the login then replaces.
    return file;
  }
}

const noLogin = (problem: string): AgentvisorError =>
  new AgentvisorError(
    'failed',
    `Claude Code says that it is signed in, but the login that it stored is not usable: ${problem}.`,
    'Nothing was replaced. Sign in by hand: claude auth login',
  );

const cannotPlace = (file: string, cause: unknown): AgentvisorError =>
  new AgentvisorError(
    'failed',
    `The login could not be put in the place of ${file} (${cause instanceof Error ? cause.message : String(cause)}).`,
    `If it is missing, ${file}.prev is the one before.`,
    cause,
  );
