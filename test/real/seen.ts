import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AgentRow, EventRow, IncidentRow } from '../../src/protocol/rows.ts';
import type { Box } from '../box.ts';
import type { Api, ApiRequest } from '../stand-in/api.ts';
import type { RealBox } from './agents.ts';

/** The quiet schedule of these tests: short, so that an outage of some seconds sees several attempts. */
export const QUIET_MS_MIN = 1_000;
export const QUIET = { auth: { quiet: { min: '1s', max: '3s', longMax: '3s', jitter: 0.2 } } };

export type Attempt = IncidentRow['attempts'][number];

/** All that a daemon told a subscriber, in order, and when it came. */
export type Seen = {
  readonly rows: readonly { readonly at: number; readonly row: AgentRow }[];
  readonly events: readonly { readonly at: number; readonly event: EventRow }[];
  pidOf(run: string | null): number;
  /** When the daemon heard that the turn of this run had failed. */
  failedAt(run: string | null): number;
};

export async function watch(fleet: Box): Promise<Seen> {
  const rows: { at: number; row: AgentRow }[] = [];
  const events: { at: number; event: EventRow }[] = [];
  const { agents } = await fleet.client().subscribe((notification) => {
    if (notification.method === 'agent') rows.push({ at: Date.now(), row: notification.params });
    if (notification.method === 'event') events.push({ at: Date.now(), event: notification.params });
  });
  rows.push(...agents.map((row) => ({ at: Date.now(), row })));
  const pidOf = (run: string | null): number => {
    const pid = rows.findLast(({ row }) => row.run === run && row.pid !== null)?.row.pid;
    if (run === null || typeof pid !== 'number') throw new Error(`no process of run ${run} was seen`);
    return pid;
  };
  const failedAt = (run: string | null): number => {
    const failed = events.findLast(({ event }) => event.run === run && event.event === 'turn-failed');
    if (run === null || failed === undefined) throw new Error(`no failed turn of run ${run} was seen`);
    return Date.parse(failed.event.at);
  };
  return { rows, events, pidOf, failedAt };
}

/** Sends it and waits for the answer that the stand-in for the API gives. */
export async function ask(fleet: Box, name: string, text: string): Promise<void> {
  expect(await fleet.ok('send', name, text, '--wait'), `the answer of ${name}`).toBe(`answer to: ${text}\n`);
}

/** Every agent is asked the same, at once. */
export async function askAll(fleet: Box, names: readonly string[], what: string): Promise<void> {
  await Promise.all(names.map((name) => ask(fleet, name, `${what} of ${name}`)));
}

export const mainRequests = (api: Api): readonly ApiRequest[] => api.requests.filter(({ kind }) => kind === 'main');

export const requestsOf = (api: Api, pid: number): readonly ApiRequest[] =>
  mainRequests(api).filter((request) => request.pid === pid);

/**
 * A further message is answered in a conversation that holds each of `texts` once and nothing else, and of each the API
 * gave one answer.
 */
export async function expectConversation(fleet: RealBox, name: string, texts: readonly string[]): Promise<void> {
  const last = `last word to ${name}`;
  await ask(fleet, name, last);
  const good = mainRequests(fleet.api).filter(({ status }) => status === 200);
  for (const text of [...texts, last]) {
    expect(
      good.filter((request) => request.texts.at(-1) === text),
      `answers to: ${text}`,
    ).toHaveLength(1);
  }
  expect(good.find((request) => request.texts.at(-1) === last)?.texts).toEqual([...texts, last]);
}

/** The attempts of all incidents, oldest first; one that moved to another incident counts once. */
export function attemptsOf(incidents: readonly IncidentRow[]): Attempt[] {
  const byRun = new Map(incidents.flatMap(({ attempts }) => attempts).map((attempt) => [attempt.run, attempt]));
  return [...byRun.values()].toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/**
 * None came before its time: between the end of one attempt and the next lies the shortest quiet, and no process asked
 * before its attempt began, nor after it had failed. Claude Code reports a failure a second and more after its last request.
 */
export function expectSpaced(fleet: RealBox, seen: Seen, attempts: readonly Attempt[]): void {
  let quietSince = -Infinity;
  for (const { at, run, agent, outcome } of attempts) {
    const asked = requestsOf(fleet.api, seen.pidOf(run));
    const began = Date.parse(at);
    expect(began - quietSince, `quiet before the attempt of ${agent} at ${at}`).toBeGreaterThanOrEqual(QUIET_MS_MIN);
    expect(asked[0]?.at, `first request after the attempt of ${agent}`).toBeGreaterThanOrEqual(began);
    if (outcome === 'recovered') continue;
    quietSince = seen.failedAt(run);
    expect(asked.at(-1)?.at, `last request before ${agent} failed`).toBeLessThanOrEqual(quietSince);
  }
}

/** A credential that is read from a file; `ending` is what the stand-in for the API knows it by. */
export function tokenFile(fleet: Box, name: string, ending: string): Record<string, unknown> {
  const file = join(fleet.dir, name);
  writeFileSync(file, `${tokenEnding(ending)}\n`, { mode: 0o600 });
  return { type: 'oauth-token', from: { file } };
}

const tokenEnding = (ending: string): string => `sk-ant-oat01-${'t'.repeat(95 - ending.length)}${ending}`;
