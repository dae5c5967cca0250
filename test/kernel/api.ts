import type { Failure, FailureKind } from '../../src/kernel/facts.ts';
import { SecretFiles, type Files } from './secret-files.ts';

export type Weather = FailureKind | 'fine';

/** What the API does to whoever asks it, beside what is wrong with a single process. */
export class Api {
  /** Nobody is let in, whoever pays. */
  isUpstreamDown = false;
  /** Credentials of which every process is rejected, new ones too. */
  readonly windows = new Set<string>();
  /** `credential tier` -> how the API limits it. */
  readonly limits = new Map<string, FailureKind>();
  readonly #dead = new Set<string>();
  readonly #made = new Map<string, number>();
  /** Where the secrets stand. */
  readonly files = new SecretFiles();

  filesOf(credential: string): Files {
    return this.files.of(credential, firstSecret(credential));
  }

  /** What the secret of a credential looks like from outside. */
  fingerprint(credential: string): string {
    return this.filesOf(credential).current ?? '';
  }

  /** A secret that nobody has had before. */
  makeSecret(credential: string): string {
    const number = (this.#made.get(credential) ?? 0) + 1;
    this.#made.set(credential, number);
    return `${credential}-${number}`;
  }

  replaceSecret(credential: string): void {
    this.filesOf(credential).current = this.makeSecret(credential);
  }

  kill(fingerprint: string): void {
    this.#dead.add(fingerprint);
  }

  isDead(fingerprint: string): boolean {
    return this.#dead.has(fingerprint);
  }

  /** The API rejects whoever comes with this credential. */
  rejects(credential: string): boolean {
    return this.isUpstreamDown || this.windows.has(credential);
  }

  answerTo(asking: {
    readonly credential: string;
    readonly fingerprint: string;
    readonly tier: string;
    readonly api: Weather;
  }): Weather {
    if (this.rejects(asking.credential)) return 'auth';
    if (this.#dead.has(asking.fingerprint)) return 'credential';
    if (asking.api !== 'fine') return asking.api;
    return this.limits.get(`${asking.credential} ${asking.tier}`) ?? 'fine';
  }

  clear(): void {
    this.isUpstreamDown = false;
    this.windows.clear();
    this.limits.clear();
    this.#dead.clear();
  }
}

/** What a credential is declared with. */
export const firstSecret = (credential: string): string => `${credential}-0`;

const STATUSES: Readonly<Partial<Record<FailureKind, number>>> = {
  auth: 401,
  credential: 401,
  throttled: 429,
  capped: 429,
  overloaded: 529,
  server: 500,
};

export const failureOf = (kind: FailureKind, now: number): Failure => ({
  kind,
  status: STATUSES[kind] ?? null,
  error: null,
  text: kind,
  requestId: `req_${kind}`,
  resetsAt: kind === 'capped' ? now + 3_600_000 : null,
});

/** Whether Claude Code asks again by itself before it gives up. */
export const isRetried = (kind: FailureKind): boolean => STATUSES[kind] !== undefined;
