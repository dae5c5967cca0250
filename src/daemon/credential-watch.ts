import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { readSecretFile } from '../box/secret-file.ts';
import { defaultConfigDir, fingerprint } from '../config/credentials.ts';
import type { Cause } from '../kernel/causes.ts';
import type { WorldEvent } from '../kernel/events.ts';
import type { Agent, Fleet } from '../kernel/fleet.ts';
import { credentialNameOf, isRotating, recordOf } from '../kernel/ledger.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { Secrets } from './secrets.ts';

export type CredentialWatchOptions = {
  readonly fleet: () => Fleet;
  readonly submit: (event: WorldEvent) => Promise<void>;
};

/** A file that holds the secret of agents. */
type Place = {
  readonly key: string;
  readonly path: string;
  readonly credential: CredentialSpec;
  readonly agents: readonly Agent[];
};

/** What is remembered of a place: hashes, '' where there was no secret. */
type Memory = {
  /** At the last look: a secret counts when two looks in a row find it, for a file may be half written. */
  readonly seen: string;
  /** What tells one sign-in from another, null where there is none. */
  readonly signIn: SignIn | null;
  /** For each agent, the last secret that is no news for it. */
  readonly known: ReadonlyMap<Agent['id'], string>;
};

const REJECTED: ReadonlySet<Cause> = new Set<Cause>(['auth-session', 'auth-window', 'auth-credential']);
const FILE_BYTES_MAX = 64 * 1024;
/** What a header can carry: a secret with a gap or a line break in it is not whole. */
const WHOLE = /^[\x21-\x7e]+$/;

/**
 * Looks whether the secret of agents has become another one, so that those in trouble come back when a person has replaced it,
 * and the others get it before the old one ends. A file and a stored login are looked at; a variable changes only by hand
 * (`changedByHand`). A command is not run for it: it may cost something or ask somebody.
 */
export class CredentialWatch {
  readonly #options: CredentialWatchOptions;
  #memories: ReadonlyMap<Place['key'], Memory> = new Map();
  #isLooking = false;
  #looked: { readonly fleet: Fleet; readonly places: readonly Place[] } | null = null;

  constructor(options: CredentialWatchOptions) {
    this.#options = options;
  }

  /** Looks once. A look that still waits for a slow disk is not overtaken. */
  async check(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const places = this.#places();
      const looks = places.map(async (place) => [place.key, await this.#look(place)] as const);
      this.#memories = new Map(await Promise.all(looks));
    } finally {
      this.#isLooking = false;
    }
  }

  /** The same as long as the fleet is. */
  #places(): readonly Place[] {
    const fleet = this.#options.fleet();
    if (this.#looked?.fleet !== fleet) this.#looked = { fleet, places: placesOf(fleet) };
    return this.#looked.places;
  }

  async #look({ key, path, credential, agents }: Place): Promise<Memory> {
    const before = this.#memories.get(key);
    const { seen, signIn } = await readPlace(credential, path);
    // What a stored login was when an agent got it, nobody knows, nor what one was given before it left this credential.
    const isAway = (id: Agent['id']): boolean =>
      agents.some((agent) => agent.id === id && credentialNameOf(agent) !== credential.name);
    const known = new Map(
      agents.map(({ id, fingerprint: given }) => [
        id,
        before?.known.get(id) ?? (credential.from === null || isAway(id) ? seen : (given ?? '')),
      ]),
    );
    // A secret that cannot be read for a moment is not forgotten.
    if (seen === '' || seen !== before?.seen) return { seen, signIn: before?.signIn ?? signIn, known };
    const byPerson = credential.from !== null || isAnother(before.signIn, signIn);
    const isNews = agents.some(({ id, fingerprint: given }) => known.get(id) !== seen && given !== seen);
    if (isNews && (byPerson || agents.some((agent) => isRejected(this.#options.fleet(), agent)))) {
      await this.#options.submit({
        type: 'credential-changed',
        credential: credential.name,
        fingerprint: credential.from === null ? null : seen,
        byPerson,
      });
    }
    return { seen, signIn, known: new Map(agents.map(({ id }) => [id, seen])) };
  }
}

/** What a person has changed by handing over the values of variables: credentials whose agents were given other ones. */
export function changedByHand(
  fleet: Fleet,
  declared: readonly CredentialSpec[],
  secrets: Secrets,
): readonly WorldEvent[] {
  const credentials = new Map([...Object.values(fleet.credentials), ...declared].map((spec) => [spec.name, spec]));
  return [...credentials.values()].flatMap(({ name, from }) => {
    const value = from !== null && 'env' in from ? secrets.pick([from.env])[from.env] : undefined;
    if (value === undefined) return [];
    const handed = fingerprint(value);
    const isNews = Object.values(fleet.agents).some(
      (agent) => credentialNameOf(agent) === name && agent.fingerprint !== null && agent.fingerprint !== handed,
    );
    return isNews
      ? [{ type: 'credential-changed', credential: name, fingerprint: handed, byPerson: true } as const]
      : [];
  });
}

/**
 * Of all who are up or are to come up, those included that work on another credential meanwhile. What a rotation works on is
 * looked at by that.
 */
function placesOf(fleet: Fleet): readonly Place[] {
  const places = new Map<Place['key'], Place>();
  for (const agent of Object.values(fleet.agents)) {
    if (agent.desired === 'down') continue;
    for (const name of new Set([credentialNameOf(agent), agent.fallback?.own])) {
      const credential = fleet.credentials[name ?? ''];
      const path = credential === undefined ? null : pathOf(credential, agent);
      if (credential === undefined || path === null || isRotating(recordOf(fleet, credential.name))) continue;
      const key = `${credential.name} ${path}`;
      places.set(key, { key, path, credential, agents: [...(places.get(key)?.agents ?? []), agent] });
    }
  }
  return [...places.values()];
}

/** Its credential may be the reason of its trouble. */
function isRejected(fleet: Fleet, { recovery }: Agent): boolean {
  const cause = recovery === null ? undefined : fleet.incidents[recovery.incident]?.cause;
  return cause !== undefined && REJECTED.has(cause);
}

/** null where there is nothing to look at. On macOS a stored login is in the keychain and no file appears. */
function pathOf({ from, configDir }: CredentialSpec, { environment }: Agent): string | null {
  if (from !== null) return 'file' in from ? from.file : null;
  return join(configDir ?? defaultConfigDir(environment['HOME'] ?? '/'), '.credentials.json');
}

/** What a place holds, '' when there is no whole secret to be read. */
async function readPlace({ from }: CredentialSpec, path: string): Promise<Pick<Memory, 'seen' | 'signIn'>> {
  if (from === null) return readLogin(await readBounded(path));
  // A file that no agent would be started with is no secret.
  const file = readSecretFile(path);
  const secret = file.is === 'secret' ? file.secret : '';
  return { seen: WHOLE.test(secret) ? fingerprint(secret) : '', signIn: null };
}

/** Of the login alone: Claude Code keeps the logins of MCP servers in the same file and renews them there. */
function readLogin(text: string): Pick<Memory, 'seen' | 'signIn'> {
  try {
    const { claudeAiOauth: login } = JSON.parse(text) as { claudeAiOauth?: Readonly<Record<string, unknown>> };
    const token = login?.['accessToken'];
    if (login === undefined || typeof token !== 'string' || token === '') return NO_LOGIN;
    return { seen: fingerprint(JSON.stringify(login)), signIn: signInOf(login) };
  } catch {
    // Half written, or none of ours.
    return NO_LOGIN;
  }
}

const NO_LOGIN = { seen: '', signIn: null };
const DAY_MS = 24 * 60 * 60 * 1_000;

/** What the login may be used for, and when it ends (`refreshTokenExpiresAt`). */
type SignIn = { readonly serves: string; readonly endsAt: number };

function signInOf(login: Readonly<Record<string, unknown>>): SignIn {
  const endsAt = login['refreshTokenExpiresAt'];
  return {
    serves: JSON.stringify([login['subscriptionType'] ?? null, login['scopes'] ?? null]),
    endsAt: typeof endsAt === 'number' ? endsAt : 0,
  };
}

/**
 * Claude Code renews the tokens of a login every few hours by itself; its end leaps ahead when a person signs in. Taken for
 * that by mistake, idle agents are renewed between two turns.
 */
const isAnother = (before: SignIn | null, now: SignIn | null): boolean =>
  before !== null && now !== null && (before.serves !== now.serves || now.endsAt > before.endsAt + DAY_MS);

/** '' when it cannot be read, is no plain file (a pipe may ask somebody) or is larger than any secret. */
async function readBounded(path: string): Promise<string> {
  let file: FileHandle | null = null;
  try {
    if (!(await stat(path)).isFile()) return '';
    file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_BYTES_MAX + 1), 0, FILE_BYTES_MAX + 1, 0);
    return bytesRead > FILE_BYTES_MAX ? '' : buffer.toString('utf8', 0, bytesRead);
  } catch {
    // Gone or forbidden: that is no other secret.
    return '';
  } finally {
    await file?.close();
  }
}
