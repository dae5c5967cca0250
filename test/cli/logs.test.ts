import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { linesBackwards, wholeLinesEnd } from '../../src/logs/tail.ts';
import { entriesOf } from '../../src/logs/entries.ts';
import { RUN_FILES, runFolder } from '../../src/home/paths.ts';
import { temporaryFolder } from './folder.ts';
import { MAIN, runCli } from './run-cli.ts';
import { runInTerminal } from './run-in-terminal.ts';

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
      'run        000001',
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
      'run        000001\nassistant  two\nrun        000002\nassistant  three\n',
    );
    expect((await runCli(['logs', 'reviewer', '-n', '1', '--run', '000001'], { home })).stdout).toBe(
      'run        000001\nassistant  two\n',
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

  test.each([
    ['a text', 'b+', 'assistant  a b+ c\n'],
    ['a text that looks like half an expression', '/b', 'assistant  a/b\n'],
    ['an expression', '/^a.b/', 'assistant  a b+ c\nassistant  a/b\n'],
    ['an expression with flags', '/ERROR$/im', 'assistant  two\n           lines, one error\n'],
    ['what stands nowhere', 'role', ''],
  ])('--grep shows only what has %s', async (_, pattern, shown) => {
    const stdout = ['a b+ c', 'a/b', 'two\nlines, one error'].map((text) => `${say(text)}\n`).join('');
    const home = homeWith({ '000001': { stdout } });
    const { code, stdout: printed } = await runCli(['logs', 'reviewer', '--grep', pattern], { home });
    expect({ code, printed }).toEqual({ code: 0, printed: shown === '' ? '' : `run        000001\n${shown}` });
  });

  test('--grep counts what it finds, and works on every form', async () => {
    const home = homeWith({ '000001': { stdout: 'x1\ny\nx2\nx3\n', stderr: 'x4\nno\n' } });
    const printed = async (...args: string[]): Promise<string> =>
      (await runCli(['logs', 'reviewer', '--grep', 'x', ...args], { home })).stdout;
    expect(await printed('--raw')).toBe('x1\nx2\nx3\n');
    expect(await printed('--raw', '-n', '2')).toBe('x2\nx3\n');
    expect(JSON.parse(await printed('--json'))).toMatchObject(['x1', 'x2', 'x3', 'x4'].map((line) => ({ line })));
  });

  test('--raw with --json is the same lines as JSON, for a line of a command agent is none by itself', async () => {
    const home = homeWith({ '000001': { stdout: 'tick\n', stderr: 'no\n' }, '000002': { stdout: 'tock\n' } });
    expect(JSON.parse((await runCli(['logs', 'reviewer', '--raw', '--json'], { home })).stdout)).toEqual([
      { run: '000001', stream: 'stdout', line: 'tick' },
      { run: '000002', stream: 'stdout', line: 'tock' },
    ]);
  });

  test.each(['000010', '10', '#000010'])('--run takes %s for the run that a history calls #000010', async (run) => {
    const home = homeWith({ '000001': { stdout: 'first\n' }, '000010': { stdout: 'tenth\n' } });
    expect((await runCli(['logs', 'reviewer', '--raw', '--run', run], { home })).stdout).toBe('tenth\n');
  });

  test('that nothing matches, or that nothing was said yet, is told', async () => {
    const home = homeWith({ '000001': { stdout: '' } });
    const told = async (...args: string[]): Promise<string> =>
      (await runCli(['logs', 'reviewer', ...args], { home })).stderr;
    expect(await told('--grep', 'x')).toBe('agentvisor: nothing that reviewer said matches\n');
    expect(await told()).toBe('agentvisor: reviewer has said nothing yet\n');
  });

  test.each(['all', 'rev*', 'namespace:night'])(
    'of %s ends with 4 and says that one name is wanted',
    async (target) => {
      const { code, stderr } = await runCli(['logs', target], { home: homeWith({}) });
      expect(code).toBe(4);
      expect(stderr).toContain('One name is wanted here; see them: agentvisor list');
    },
  );

  test('--grep finds no credential', async () => {
    const home = homeWith({ '000001': { stdout: `${TOKEN}\n` } });
    for (const form of [[], ['--raw'], ['--json']])
      expect((await runCli(['logs', 'reviewer', '--grep', 'xxxx', ...form], { home })).stdout.trim()).toMatch(
        /^(\[\])?$/,
      );
  });

  describe('of a time', () => {
    // A place that is far from most machines: times are meant as clocks there show them.
    const env = { TZ: 'Asia/Tokyo' };
    const at = (time: string): Date => new Date(`2026-11-20T${time}+09:00`);

    /** Three runs: from eight to nine, from nine to ten, and from ten on, last heard at eleven. */
    function homeOfADay(): string {
      const home = homeWith({
        '000001': { stdout: 'first\n' },
        '000002': { stdout: 'second\n' },
        '000003': { stdout: 'third\n' },
      });
      for (const [run, begin, end, isOver] of [
        ['000001', '08:00', '09:00', true],
        ['000002', '09:00:01', '10:00', true],
        ['000003', '10:00:01', '11:00', false],
      ] as const) {
        const folder = runFolder(home, 'reviewer', run);
        writeFileSync(join(folder, RUN_FILES.live), '{"pid":1}\n');
        utimesSync(join(folder, RUN_FILES.live), at(begin), at(begin));
        utimesSync(join(folder, RUN_FILES.stdout), at(end), at(end));
        if (!isOver) continue;
        writeFileSync(join(folder, RUN_FILES.exit), '{"code":0}\n');
        utimesSync(join(folder, RUN_FILES.exit), at(end), at(end));
      }
      return home;
    }

    test.each([
      [['--since', '2026-11-20T09:30'], 'second\nthird\n'],
      [['--since', '2026-11-20 10:30:00'], 'third\n'],
      [['--since', '2026-11-20T12:00'], ''],
      [['--until', '2026-11-20T09:30'], 'first\nsecond\n'],
      [['--until', '2026-11-20'], ''],
      [['--since', '2026-11-20T09:30', '--until', '2026-11-20T09:40'], 'second\n'],
      [['--since', at('10:30').toISOString()], 'third\n'],
      [['--since', '8000h'], 'first\nsecond\nthird\n'],
      [['--since', '2026-11-20T09:30', '--run', '000003'], 'third\n'],
    ])('%j chooses whole runs', async (args, printed) => {
      const { code, stdout } = await runCli(['logs', 'reviewer', '--raw', ...args], { home: homeOfADay(), env });
      expect({ code, stdout }).toEqual({ code: 0, stdout: printed });
    });

    test('a run is shown with its begin and its end', async () => {
      const { stdout } = await runCli(['logs', 'reviewer'], { home: homeOfADay(), env });
      expect(stdout.split('\n')).toEqual([
        'run        000001, started 2026-11-20 08:00:00, ended 2026-11-20 09:00:00',
        'stdout     first',
        'run        000002, started 2026-11-20 09:00:01, ended 2026-11-20 10:00:00',
        'stdout     second',
        'run        000003, started 2026-11-20 10:00:01',
        'stdout     third',
        '',
      ]);
    });

    test('that nothing was said is told', async () => {
      expect(await runCli(['logs', 'reviewer', '--since', '2026-11-20T12:00'], { home: homeOfADay(), env })).toEqual({
        code: 0,
        stdout: '',
        stderr: 'agentvisor: reviewer has written nothing in that time\n',
      });
    });

    test('a log that was shortened after its run had ended has the time of that end', async () => {
      const home = homeOfADay();
      utimesSync(join(runFolder(home, 'reviewer', '000001'), RUN_FILES.stdout), at('11:30'), at('11:30'));
      expect((await runCli(['logs', 'reviewer', '--raw', '--since', '2026-11-20T09:30'], { home, env })).stdout).toBe(
        'second\nthird\n',
      );
    });
  });

  test.each([60, 80, 140])('goes on below what was said on %i columns', async (columns) => {
    const text = 'A long answer that has no end. '.repeat(8).trim();
    const home = homeWith({ '000001': { stdout: `${say(text)}\n`, stderr: 'hot\n' } });
    const { screen } = await runInTerminal(columns, ['logs', 'reviewer'], { home });
    expect(screen).toContain('\u001b[31mstderr\u001b[0m     hot');
    const [, ...lines] = screen.trimEnd().split('\n').slice(0, -1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {11}\S/);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toBe(`assistant ${text}`);
    const plain = await runInTerminal(columns, ['logs', 'reviewer'], { home, env: { NO_COLOR: '1' } });
    expect(plain.screen).not.toContain('\u001b');
  });

  test('-f --run and --grep keep to that run and that text', async () => {
    const home = homeWith({ '000001': { stdout: 'x old\n' }, '000002': { stdout: 'y\nx begin\n' } });
    const child = spawn(process.execPath, [MAIN, 'logs', 'reviewer', '--raw', '-f', '--run', '000002', '--grep', 'x'], {
      env: { AGENTVISOR_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill());
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await expect.poll(() => printed, { timeout: 10_000 }).toBe('x begin\n');
    const write = (run: string, text: string): void =>
      appendFileSync(join(runFolder(home, 'reviewer', run), RUN_FILES.stdout), text);
    write('000001', 'x of another run\n');
    write('000002', 'y\nx at last\n');
    await expect.poll(() => printed, { timeout: 10_000 }).toBe('x begin\nx at last\n');
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
