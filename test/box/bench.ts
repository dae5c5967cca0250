import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { credentialFindings } from '../../src/box/ecosystem-findings.ts';
import type { CredentialRecord } from '../../src/box/credential-record.ts';
import type { Finding } from '../../src/box/finding.ts';
import { normalise } from '../../src/config/normalise.ts';

/** A setup-token's shape; nobody's token. */
export const TOKEN = `sk-ant-oat01-${'t0ken'.repeat(19)}`;
export const KEY = `sk-ant-api03-${'k3y-k'.repeat(19)}`;
export const NOW = Date.UTC(2026, 5, 1);
export const DAY = 24 * 60 * 60 * 1000;

/** A login as Claude Code stores it. */
export const LOGIN = {
  accessToken: 'sk-ant-oat01-access',
  refreshToken: 'sk-ant-ort01-refresh',
  expiresAt: NOW + DAY / 3,
  refreshTokenExpiresAt: NOW + 20 * DAY,
  scopes: ['user:inference'],
  subscriptionType: 'max',
};

export type Situation = {
  readonly credentials?: Record<string, unknown>;
  readonly agents: readonly (Record<string, unknown> & { readonly name: string })[];
  /** Files by their path in the box: `user/` is the HOME, `work/` the folder of the ecosystem file and of the agents. */
  readonly files?: Readonly<Record<string, string | { readonly text: string; readonly mode: number }>>;
  /** Folders with their age in ms. */
  readonly folders?: Readonly<Record<string, number>>;
  readonly shell?: Readonly<Record<string, string>>;
  readonly record?: Partial<Omit<CredentialRecord, 'mintedAt'>> & { readonly mintedAt?: number | null };
  readonly isFileChecked?: boolean;
};

/** Builds the situation in a folder of its own and gives what is found, with that folder named BOX. */
export function findingsIn(situation: Situation): readonly Finding[] {
  const box = realpathSync(mkdtempSync(join(tmpdir(), 'av-')));
  onTestFinished(() => rmSync(box, { recursive: true, force: true }));
  for (const folder of ['user', 'work']) mkdirSync(join(box, folder));
  for (const [path, file] of Object.entries(situation.files ?? {})) {
    const { text, mode } = typeof file === 'string' ? { text: file, mode: 0o600 } : file;
    mkdirSync(dirname(join(box, path)), { recursive: true });
    writeFileSync(join(box, path), text, { mode });
  }
  for (const [path, ageMs] of Object.entries(situation.folders ?? {})) {
    mkdirSync(join(box, path), { recursive: true });
    utimesSync(join(box, path), (NOW - ageMs) / 1000, (NOW - ageMs) / 1000);
  }
  const home = join(box, 'user');
  const { credentials = {}, agents } = situation;
  const result = normalise({ credentials, agents }, join(box, 'work', 'ecosystem.json'), { home });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  const found = credentialFindings({
    agents: result.ecosystem.agents.map((spec) => ({ spec, environment: { HOME: home } })),
    credentials: result.ecosystem.credentials,
    shell: situation.shell ?? {},
    recordOf: ({ mintedAt }) => ({
      deadFingerprints: [],
      ...situation.record,
      mintedAt: () => (situation.record?.mintedAt === undefined ? (mintedAt ?? NOW - DAY) : situation.record.mintedAt),
    }),
    isFileChecked: situation.isFileChecked ?? false,
    now: NOW,
  });
  return JSON.parse(JSON.stringify(found).replaceAll(box, 'BOX')) as Finding[];
}

/** `level id` of all that is not well. */
export const troublesIn = (situation: Situation): readonly string[] =>
  findingsIn(situation)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, id }) => `${level} ${id}`);

export const stored = (login: object): string => JSON.stringify({ claudeAiOauth: login });
