import type { Failure, FailureKind } from '../../src/kernel/facts.ts';

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
  readonly #secrets = new Map<string, number>();

  /** What the secret of a credential looks like from outside. */
  fingerprint(credential: string): string {
    return `${credential}-${this.#secrets.get(credential) ?? 0}`;
  }

  replaceSecret(credential: string): string {
    this.#secrets.set(credential, (this.#secrets.get(credential) ?? 0) + 1);
    return this.fingerprint(credential);
  }

  killSecret(credential: string): void {
    this.#dead.add(this.fingerprint(credential));
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
