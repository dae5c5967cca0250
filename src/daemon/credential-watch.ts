import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultConfigDir, fingerprint } from '../config/credentials.ts';
import type { Cause } from '../kernel/causes.ts';
import type { WorldEvent } from '../kernel/events.ts';
import type { Agent, Fleet } from '../kernel/fleet.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { Secrets } from './secrets.ts';

export type CredentialWatchOptions = {
  readonly fleet: () => Fleet;
  readonly submit: (event: WorldEvent) => Promise<void>;
};

/** A file that holds the secret of agents whose credential is rejected. */
type Place = {
  readonly key: string;
  readonly path: string;
  readonly credential: CredentialSpec;
  readonly agents: readonly Agent[];
};

/** What is remembered of a place while somebody is in trouble over it: hashes, '' where there was no secret. */
type Memory = {
  /** At the last look: a secret counts when two looks in a row find it, for a file may be half written. */
  readonly seen: string;
  /** For each agent, the last secret that is no news for it. */
  readonly known: ReadonlyMap<Agent['id'], string>;
};

const REJECTED: ReadonlySet<Cause> = new Set<Cause>(['auth-session', 'auth-window', 'auth-credential']);
const FILE_BYTES_MAX = 64 * 1024;
/** What a header can carry: a secret with a gap or a line break in it is not whole. */
const WHOLE = /^[\x21-\x7e]+$/;

/**
 * Looks whether the secret of agents in trouble has become another one, so that they come back when a person has replaced
 * it. A file and a stored login are looked at; a variable changes only by hand (`changedByHand`). A command is not
 * run for it: it may cost something or ask somebody.
 */
export class CredentialWatch {
  readonly #options: CredentialWatchOptions;
  #memories: ReadonlyMap<Place['key'], Memory> = new Map();
  #isLooking = false;

  constructor(options: CredentialWatchOptions) {
    this.#options = options;
  }

  /** Looks once. A look that still waits for a slow disk is not overtaken. */
  async check(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const places = placesInTrouble(this.#options.fleet());
      const looks = places.map(async (place) => [place.key, await this.#look(place)] as const);
      this.#memories = new Map(await Promise.all(looks));
    } finally {
      this.#isLooking = false;
    }
  }

  async #look({ key, path, credential, agents }: Place): Promise<Memory> {
    const before = this.#memories.get(key);
    const seen = await hashIn(credential, path);
    // What a stored login was when an agent got it, nobody knows: it begins with what is there.
    const known = new Map(
      agents.map(({ id, fingerprint: given }) => [
        id,
        before?.known.get(id) ?? (credential.from === null ? seen : (given ?? '')),
      ]),
    );
    if (seen === '' || seen !== before?.seen) return { seen, known };
    if (agents.some(({ id, fingerprint: given }) => known.get(id) !== seen && given !== seen)) {
      await this.#options.submit({
        type: 'credential-changed',
        credential: credential.name,
        fingerprint: credential.from === null ? null : seen,
      });
    }
    return { seen, known: new Map(agents.map(({ id }) => [id, seen])) };
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
      ({ spec, fingerprint: given }) => spec.credentials[0] === name && given !== null && given !== handed,
    );
    return isNews ? [{ type: 'credential-changed', credential: name, fingerprint: handed } as const] : [];
  });
}

function placesInTrouble(fleet: Fleet): readonly Place[] {
  const places = new Map<Place['key'], Place>();
  for (const agent of Object.values(fleet.agents)) {
    const cause = agent.recovery === null ? undefined : fleet.incidents[agent.recovery.incident]?.cause;
    const credential = fleet.credentials[agent.spec.credentials[0] ?? ''];
    if (cause === undefined || !REJECTED.has(cause) || credential === undefined) continue;
    const path = pathOf(credential, agent);
    if (path === null) continue;
    const key = `${credential.name} ${path}`;
    places.set(key, { key, path, credential, agents: [...(places.get(key)?.agents ?? []), agent] });
  }
  return [...places.values()];
}

/** null where there is nothing to look at. On macOS a stored login is in the keychain and no file appears. */
function pathOf({ from, configDir }: CredentialSpec, { environment }: Agent): string | null {
  if (from !== null) return 'file' in from ? from.file : null;
  return join(configDir ?? defaultConfigDir(environment['HOME'] ?? '/'), '.credentials.json');
}

/** '' when there is no whole secret to be read. */
async function hashIn({ from }: CredentialSpec, path: string): Promise<string> {
  const text = await readBounded(path);
  if (from === null) return hashOfLogin(text);
  const secret = text.trim();
  return WHOLE.test(secret) ? fingerprint(secret) : '';
}

/** Of the login alone: Claude Code keeps the logins of MCP servers in the same file and renews them there. */
function hashOfLogin(text: string): string {
  try {
    const { claudeAiOauth: login } = JSON.parse(text) as { claudeAiOauth?: { accessToken?: unknown } };
    const token = login?.accessToken;
    return typeof token === 'string' && token !== '' ? fingerprint(JSON.stringify(login)) : '';
  } catch {
    // Half written, or none of ours.
    return '';
  }
}

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
