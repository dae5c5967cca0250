import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wall } from '../../src/kernel/moment.ts';
import type { SimulationReport } from '../../src/simulate/report.ts';
import { temporaryFolder } from './folder.ts';
import { BEGIN, attempt, gate, incident } from './incident.ts';
import { runCli, type CliResult } from './run-cli.ts';

const home = (): string => join(temporaryFolder(), 'home');

const simulate = (
  args: readonly string[],
  where: { readonly home?: string; readonly cwd?: string } = {},
): Promise<CliResult> =>
  runCli(['simulate', ...args], { home: where.home ?? home(), ...(where.cwd === undefined ? {} : { cwd: where.cwd }) });

async function reportOf(
  args: readonly string[],
  where: { home?: string; cwd?: string } = {},
): Promise<SimulationReport> {
  const { code, stdout } = await simulate([...args, '--json'], where);
  expect(code).toBe(0);
  return JSON.parse(stdout) as SimulationReport;
}

const SHORT = ['--days', '2', '--agents', '2'];
const LINE =
  '{"kind":"window","from":"2026-03-01T06:30:00Z","until":"2026-03-01T06:40:00Z","agent":"ada","credential":"max"}';

function traced(text: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'outages.ndjson'), text);
  return cwd;
}

describe('simulate', () => {
  test('compares all policies with one that knows when each window closes, without a daemon or a home', async () => {
    const { code, stdout } = await simulate(SHORT);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^made-up outages, 2 days, 2 agents on 1 credential, seed 1: \d+ windows \(median /);
    const rows = stdout.split('\n').filter((line) => /^\w+ +\d+\.\d/.test(line));
    const names = ['oracle', 'systemd', 'fixed60', 'fixed300', 'kubelet', 'schedule', 'adaptive'];
    expect(rows.map((row) => row.split(' ')[0])).toEqual(names);
    expect(stdout).toContain('into a closed door, per window (logarithmic)');
    expect(stdout).toMatch(/^systemd +[█#]{40} \d/m);
  });

  test('prints JSON and nothing else, with what all of them met', async () => {
    const report = await reportOf([...SHORT, '--policy', 'kubelet']);
    expect(report.source).toEqual({ kind: 'synthetic', file: null });
    expect(report.agents).toEqual([
      { name: 'agent-1', credential: 'max' },
      { name: 'agent-2', credential: 'max' },
    ]);
    expect(report.policies.map(({ policy }) => policy)).toEqual(['kubelet']);
    expect(report.trace).toHaveLength(report.windows + report.throttles);
    const [kubelet] = report.policies;
    expect(kubelet?.downToOracle).toBeCloseTo((kubelet?.downMs ?? 0) / report.oracle.downMs);
  });

  test('offers the policies behind --policy and files in place of an ecosystem', async () => {
    const offered = async (...words: readonly string[]): Promise<readonly string[]> =>
      (await runCli(['completion', '--words', '--', 'simulate', ...words], { home: home() })).stdout.trim().split('\n');
    expect(await offered('--policy', 'fixed')).toEqual(['fixed60', 'fixed300']);
    expect(await offered('--trace', '')).toEqual([':files']);
    expect(await offered('')).toEqual([':files']);
  });

  test('gives the same for the same seed, and what it printed as a trace gives the same windows', async () => {
    const report = await reportOf([...SHORT, '--policy', 'schedule', '--seed', '3']);
    expect(await reportOf([...SHORT, '--policy', 'schedule', '--seed', '3'])).toEqual(report);
    expect(await reportOf([...SHORT, '--policy', 'schedule', '--seed', '4'])).not.toEqual(report);
    const cwd = traced(report.trace.map((line) => JSON.stringify(line)).join('\n'));
    const again = await reportOf(['--trace', 'outages.ndjson', '--policy', 'kubelet'], { cwd });
    expect([again.windows, again.trace]).toEqual([report.windows, report.trace]);
  });

  test('takes several policies behind commas, blanks or options of their own, and shows them in its own order', async () => {
    for (const policies of [['adaptive,kubelet'], ['adaptive', 'kubelet'], ['adaptive', '--policy', 'kubelet']]) {
      const report = await reportOf([...SHORT, '--policy', ...policies]);
      expect(report.policies.map(({ policy }) => policy)).toEqual(['kubelet', 'adaptive']);
    }
  });

  test('plays the outages of a trace for the agents that it names', async () => {
    const cwd = traced(LINE);
    const report = await reportOf(['--trace', 'outages.ndjson', '--agents', '1', '--policy', 'schedule'], { cwd });
    expect(report.source).toEqual({ kind: 'trace', file: join(cwd, 'outages.ndjson') });
    expect(report.agents).toEqual([{ name: 'ada', credential: 'max' }]);
    expect(report).toMatchObject({ windows: 1, from: '2026-03-01T05:30:00.000Z', until: '2026-03-01T07:40:00.000Z' });
  });

  test('plays what the home has seen', async () => {
    const folder = home();
    mkdirSync(join(folder, 'state'), { recursive: true, mode: 0o700 });
    const seen = incident({
      id: 'i1',
      scope: 'window',
      key: 'team',
      cause: 'auth-window',
      closedAt: wall(BEGIN + 600_000),
      gates: { team: gate(2) },
      attempts: [attempt('failed'), { ...attempt('recovered'), at: wall(BEGIN + 600_000) }],
    });
    writeFileSync(
      join(folder, 'state', 'incidents.ndjson'),
      `${JSON.stringify({ seq: 1, index: 0, incident: seen })}\n`,
    );
    const report = await reportOf(['--from-history', '--policy', 'kubelet'], { home: folder });
    expect(report.source.kind).toBe('history');
    expect(report.trace).toEqual([
      { kind: 'window', from: '2026-11-20T00:00:00.000Z', until: '2026-11-20T00:05:00.000Z', credential: 'team' },
    ]);
    expect(new Set(report.agents.map(({ credential }) => credential))).toEqual(new Set(['team']));
  });

  test('takes the agents of an ecosystem file with their own quiet times, those in stream mode', async () => {
    const cwd = temporaryFolder();
    const ecosystem = {
      credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
      agents: [
        { name: 'ada', credential: 'max', auth: { quiet: { min: '1m', max: '10m' } } },
        { name: 'worker', mode: 'command', command: ['true'] },
        { name: 'off', credential: 'max', enabled: false },
      ],
    };
    writeFileSync(join(cwd, 'ecosystem.json'), JSON.stringify(ecosystem));
    const own = await reportOf(['ecosystem.json', '--days', '5', '--policy', 'schedule'], { cwd });
    expect(own.agents).toEqual([{ name: 'ada', credential: 'max' }]);
    const usual = await reportOf(['--days', '5', '--agents', '1', '--policy', 'schedule']);
    expect(own.policies[0]?.intoClosedDoor).toBeLessThan(usual.policies[0]?.intoClosedDoor ?? 0);
  });

  test('says on stderr how far it is when that takes longer than a second', async () => {
    const { code, stderr } = await simulate(['--days', '20', '--agents', '6', '--policy', 'schedule']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^agentvisor: simulating schedule, day \d+ of \d+\n/);
  }, 120_000);
});

describe('simulate refuses', () => {
  test.each([
    [['--policy', 'pm2'], '--policy expects systemd, fixed60, fixed300, kubelet, schedule, adaptive, not "pm2".'],
    [['--days', '0'], '--days expects a whole number above zero, not "0".'],
    [['--days', '367'], '--days expects at most 366, not "367".'],
    [['--agents', '101'], '--agents expects at most 100, not "101".'],
    [['--seed', 'x'], '--seed expects a whole number above zero, not "x".'],
    [['--trace', 'a', '--from-history'], '--trace and --from-history both say what happened. Leave one of them out.'],
    [['--trace', 'nowhere.ndjson'], 'The trace cannot be read: ENOENT'],
    [['./ecosystem.ts', '--agents', '3'], 'both say which agents there are. Leave one of them out.'],
    [['kubelet'], '"kubelet" is no ecosystem file: it ends in none of .ts'],
    [
      ['./a.ts', './b.ts'],
      'simulate takes one ecosystem file, and "./b.ts" is one word more. A policy stands behind --policy',
    ],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await simulate(args, { cwd: temporaryFolder() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  test('a trace with a bad line, and says which and what was expected', async () => {
    const { code, stdout, stderr } = await simulate(['--trace', 'outages.ndjson'], { cwd: traced(`${LINE}\n{}\n`) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('outages.ndjson, line 2: expected "kind" to be "window" or "throttle", found nothing.');
  });

  test('a home in which nothing has happened', async () => {
    const { code, stdout, stderr } = await simulate(['--from-history']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Simulate without --from-history');
  });

  test('an ecosystem file with mistakes, or without an agent that signs in', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'bad.json'), '{"agents":[{"name":"ada","modus":"stream"}]}');
    expect(await simulate(['bad.json'], { cwd })).toMatchObject({ code: 2, stdout: '' });
    writeFileSync(join(cwd, 'none.json'), '{"agents":[{"name":"w","mode":"command","command":["true"]}]}');
    const { code, stderr } = await simulate(['none.json'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('declares no enabled agent in stream mode.');
  });
});
