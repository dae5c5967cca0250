import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { linesBackwards, wholeLinesEnd } from '../../src/cli/tail.ts';
import { entriesOf } from '../../src/cli/transcript.ts';
import { RUN_FILES, runFolder } from '../../src/home/paths.ts';
import { temporaryFolder } from './folder.ts';
import { MAIN, runCli } from './run-cli.ts';

const TOKEN = 'sk-ant-oat01-'.padEnd(108, 'x');
const say = (text: string): string =>
  JSON.stringify({ type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text }] } });

/** A home with the runs of one agent: what stood on its stdout, and on its stderr. */
function homeWith(runs: Readonly<Record<string, { stdout: string | Buffer; stderr?: string }>>): string {
  const home = temporaryFolder();
  for (const [run, { stdout, stderr }] of Object.entries(runs)) {
    const folder = runFolder(home, 'reviewer', run);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, RUN_FILES.stdout), stdout);
    if (stderr !== undefined) writeFileSync(join(folder, RUN_FILES.stderr), stderr);
  }
  return home;
}

describe('logs', () => {
  test('--raw prints the stdout of all runs, oldest first, byte for byte', async () => {
    const home = homeWith({
      '1000000': { stdout: 'third\n' },
      '000009': { stdout: 'first\n\n{"a": 1}\n' },
      '000010': { stdout: 'half a line', stderr: 'no' },
    });
    expect(await runCli(['logs', 'reviewer', '--raw'], { home })).toEqual({
      code: 0,
      stdout: 'first\n\n{"a": 1}\nhalf a line\nthird\n',
      stderr: '',
    });
  });

  test('--raw lets through bytes that are no UTF-8, and no credential', async () => {
    const home = homeWith({
      '000001': { stdout: Buffer.concat([Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from(`say ${TOKEN} !\n`)]) },
    });
    const child = spawn(process.execPath, [MAIN, 'logs', 'reviewer', '--raw'], {
      env: { AGENTVISOR_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    const printed = Buffer.concat(chunks);
    expect([...printed.subarray(0, 3)]).toEqual([0xff, 0xfe, 0x0a]);
    expect(printed.subarray(3).toString()).toMatch(/^say sk-ant-[^x]* !\n$/);
  });

  test('a large log arrives whole through a pipe', async () => {
    const stdout = Array.from({ length: 40_000 }, (_, index) => `${index} ${'x'.repeat(100)}\n`).join('');
    expect((await runCli(['logs', 'reviewer', '--raw'], { home: homeWith({ '000001': { stdout } }) })).stdout).toBe(
      stdout,
    );
  });

  test('shows who said what, the last lines of stderr marked, and nothing that says nothing', async () => {
    const stdout = [
      JSON.stringify({ type: 'control_response', response: {} }),
      JSON.stringify({ type: 'system', subtype: 'init', session_id: 's1', model: 'claude-opus-5-5' }),
      say('two\nlines'),
      JSON.stringify({ type: 'result', is_error: false, duration_ms: 1_234 }),
    ].join('\n');
    const { stdout: printed } = await runCli(['logs', 'reviewer'], {
      home: homeWith({ '000001': { stdout, stderr: 'warning: hot\n' } }),
    });
    expect(printed.split('\n')).toEqual([
      'turn       session s1, claude-opus-5-5',
      'assistant  two',
      '           lines',
      'result     done after 1.2 s',
      'stderr     warning: hot',
      '',
    ]);
  });

  test('--lines counts what is shown, over the border of a run; --run keeps within one', async () => {
    const home = homeWith({
      '000001': { stdout: `${say('one')}\n${say('two')}\n` },
      '000002': { stdout: `${say('three')}\n` },
    });
    expect((await runCli(['logs', 'reviewer', '--lines', '2'], { home })).stdout).toBe(
      'assistant  two\nassistant  three\n',
    );
    expect((await runCli(['logs', 'reviewer', '-n', '1', '--run', '000001'], { home })).stdout).toBe(
      'assistant  two\n',
    );
    expect(await runCli(['logs', 'reviewer', '--run', '7'], { home })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The last ones: 000001, 000002'),
    });
  });

  test('--json prints one array of lines with their run and stream', async () => {
    const home = homeWith({ '000001': { stdout: `${TOKEN}\n`, stderr: 'e\n' } });
    const lines: unknown = JSON.parse((await runCli(['logs', 'reviewer', '--json'], { home })).stdout);
    expect(lines).toEqual([
      { run: '000001', stream: 'stdout', line: expect.not.stringContaining('xxxx') },
      { run: '000001', stream: 'stderr', line: 'e' },
    ]);
  });

  test('-f goes on with whole lines, also those of the run that follows', async () => {
    const home = homeWith({ '000001': { stdout: 'old\nhal' } });
    const child = spawn(process.execPath, [MAIN, 'logs', 'reviewer', '--raw', '-f'], {
      env: { AGENTVISOR_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill());
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await expect.poll(() => printed, { timeout: 10_000 }).toBe('old\n');
    appendFileSync(join(runFolder(home, 'reviewer', '000001'), RUN_FILES.stdout), 'f\n');
    await expect.poll(() => printed, { timeout: 10_000 }).toBe('old\nhalf\n');
    mkdirSync(runFolder(home, 'reviewer', '000002'));
    writeFileSync(join(runFolder(home, 'reviewer', '000002'), RUN_FILES.stdout), 'next\n');
    await expect.poll(() => printed, { timeout: 10_000 }).toBe('old\nhalf\nnext\n');
  });

  test('a reader that has seen enough ends it quietly', async () => {
    const home = homeWith({ '000001': { stdout: 'x\n'.repeat(500_000) } });
    const child = spawn(process.execPath, [MAIN, 'logs', 'reviewer', '--raw'], {
      env: { AGENTVISOR_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  });
});

describe('reading a file from its end', () => {
  test.each([1, 2, 3, 7, 1_000])('gives every line once, newest first, in blocks of %i bytes', (blockBytes) => {
    const file = join(temporaryFolder(), 'log');
    const lines = ['', 'one', '', 'ü🙂', 'three', ''];
    writeFileSync(file, `${lines.join('\n')}\nlast, without an end`);
    const found = [...linesBackwards(file, undefined, blockBytes)].map(String);
    expect(found).toEqual([...lines, 'last, without an end'].toReversed());
  });

  test('the end of the whole lines is behind the last newline', () => {
    const file = join(temporaryFolder(), 'log');
    for (const [text, end] of [
      ['', 0],
      ['half', 0],
      ['one\n', 4],
      ['one\nhalf', 4],
      [`one\n${'x'.repeat(200_000)}`, 4],
    ] as const) {
      writeFileSync(file, text);
      expect(wholeLinesEnd(file)).toBe(end);
    }
  });
});

describe('a line of Claude Code', () => {
  test('shows a tool, its result, a failed answer, a retry and a failed turn for what they are', () => {
    const shown = [
      { type: 'assistant', message: { content: [{ type: 'tool_use', name: 'Bash', input: { command: 'ls' } }] } },
      { type: 'user', message: { content: [{ type: 'tool_result', content: [{ type: 'text', text: 'a b' }] }] } },
      { type: 'user', message: { content: 'a question' } },
      {
        type: 'assistant',
        error: 'authentication_failed',
        message: { content: [{ type: 'text', text: 'API Error: 401' }] },
      },
      { type: 'system', subtype: 'api_retry', attempt: 2, error_status: 401, error: 'authentication_failed' },
      { type: 'result', is_error: true, subtype: 'success', duration_ms: 500, result: 'API Error: 401' },
    ].flatMap((line) => entriesOf(JSON.stringify(line)));
    expect(shown).toEqual([
      { who: 'tool', text: 'Bash {"command":"ls"}' },
      { who: 'tool said', text: 'a b' },
      { who: 'user', text: 'a question' },
      { who: 'error', text: 'API Error: 401' },
      { who: 'retry', text: '2: 401 authentication_failed' },
      { who: 'result', text: 'failed after 0.5 s (success): API Error: 401' },
    ]);
  });

  test.each(['plain text', '{"half', '[1]', '{"type":7}', '{"type":"new in some version"}'])(
    'that is none of those is shown as it is: %s',
    (line) => {
      expect(entriesOf(line)).toEqual([{ who: 'stdout', text: line }]);
    },
  );
});
