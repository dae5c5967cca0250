import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RUN_FILES, agentFolder, runFolder } from '../../src/home/paths.ts';
import type { LogEntry } from '../../src/tui/log-entry.ts';
import { openLog } from '../../src/tui/log-source.ts';
import type { LogMessage, LogSource } from '../../src/tui/log-source.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { until } from '../daemon/process/scene.ts';

const TOKEN = 'sk-ant-oat01-'.padEnd(108, 'x');
const say = (text: string): string =>
  `${JSON.stringify({ type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text }] } })}\n`;

const file = (home: string, run: string, name: keyof typeof RUN_FILES = 'stdout'): string =>
  join(runFolder(home, 'bob', run), RUN_FILES[name]);

function begin(home: string, run: string, stdout = ''): void {
  mkdirSync(runFolder(home, 'bob', run), { recursive: true });
  writeFileSync(file(home, run, 'live'), '{}');
  writeFileSync(file(home, run), stdout);
}

type Heard = { readonly messages: readonly LogMessage[]; readonly source: LogSource };

/** The log of bob, until the test ends. */
function listen(home: string, wanted: { readonly run?: string; readonly raw?: boolean } = {}): Heard {
  const messages: LogMessage[] = [];
  const source = openLog(home, { name: 'bob', run: wanted.run ?? null, raw: wanted.raw ?? false }, (message) =>
    messages.push(message),
  );
  onTestFinished(async () => {
    source.close();
    await source.ended;
  });
  return { messages, source };
}

const entriesOf = ({ messages }: Heard): readonly LogEntry[] => messages.flatMap(({ entries }) => entries);
/** `assistant: text`. */
const words = (heard: Heard): readonly string[] => entriesOf(heard).map(({ who, text }) => `${who}: ${text}`);
const read = (heard: Heard): Promise<void> => until(() => heard.messages.length > 0);
const heardOf = (heard: Heard, text: string): Promise<void> =>
  until(() => entriesOf(heard).some((entry) => entry.text.includes(text)));
const openFiles = (home: string): readonly string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(home) ? [target] : [];
    } catch {
      // The descriptor of this very look.
      return [];
    }
  });

describe('the log of an agent', () => {
  test('begins with what its runs have said, oldest first, under their titles', async () => {
    const home = temporaryFolder();
    begin(home, '000009', `${say('first')}${say('second')}`);
    writeFileSync(file(home, '000009', 'stderr'), 'trouble\n');
    writeFileSync(file(home, '000009', 'exit'), '{}');
    begin(home, '000010', say('third'));
    const heard = listen(home);
    await read(heard);
    expect(words(heard)).toEqual([
      expect.stringMatching(/^run: 000009, started .*, ended /),
      'assistant: first',
      'assistant: second',
      'stderr: trouble',
      expect.stringMatching(/^run: 000010, started /),
      'assistant: third',
    ]);
    expect(heard.messages[0]).toMatchObject({
      type: 'log-read',
      runs: [
        { run: '000009', startedAt: expect.any(Number), endedAt: expect.any(Number) },
        { run: '000010', startedAt: expect.any(Number), endedAt: null },
      ],
    });
  });

  test('goes on with what is written, whole lines only', async () => {
    const home = temporaryFolder();
    begin(home, '000001', `${say('before')}${say('half').slice(0, 20)}`);
    const heard = listen(home);
    await read(heard);
    appendFileSync(file(home, '000001'), `${say('half').slice(20)}${say('after')}`);
    await heardOf(heard, 'after');
    writeFileSync(file(home, '000001', 'stderr'), 'trouble\n');
    await heardOf(heard, 'trouble');
    expect(words(heard).slice(1)).toEqual([
      'assistant: before',
      'assistant: half',
      'assistant: after',
      'stderr: trouble',
    ]);
  });

  test('shows also half a line of a run that has ended: it is its last word', async () => {
    const home = temporaryFolder();
    begin(home, '000001', `${say('before')}killed in the mid`);
    writeFileSync(file(home, '000001', 'exit'), '{}');
    const heard = listen(home);
    await read(heard);
    expect(words(heard).at(-1)).toBe('stdout: killed in the mid');
  });

  test('follows into the next run, and hears when one has ended', async () => {
    const home = temporaryFolder();
    begin(home, '000001', say('one'));
    const heard = listen(home);
    await read(heard);
    writeFileSync(file(home, '000001', 'exit'), '{}');
    begin(home, '000002', say('two'));
    await heardOf(heard, 'two');
    expect(words(heard).slice(-2)).toEqual([expect.stringMatching(/^run: 000002, started /), 'assistant: two']);
    await until(() => heard.messages.at(-1)?.runs[0]?.endedAt !== null);
    expect(heard.messages.at(-1)?.runs.map(({ run }) => run)).toEqual(['000001', '000002']);
  });

  test('is that of an agent that has never run, until it runs', async () => {
    const home = temporaryFolder();
    const heard = listen(home);
    await read(heard);
    expect(heard.messages).toEqual([{ type: 'log-read', name: 'bob', runs: [], entries: [] }]);
    begin(home, '000001', say('hello'));
    await heardOf(heard, 'hello');
    expect(words(heard)[0]).toMatch(/^run: 000001/);
  });

  test('outlives that a run is removed, that all are, and that a file is cut', async () => {
    const home = temporaryFolder();
    begin(home, '000001', say('one'));
    begin(home, '000002', say('two'));
    const heard = listen(home);
    await read(heard);
    rmSync(runFolder(home, 'bob', '000001'), { recursive: true });
    await until(() => heard.messages.at(-1)?.runs.length === 1);
    truncateSync(file(home, '000002'));
    appendFileSync(file(home, '000002'), say('3'));
    await until(() => words(heard).includes('assistant: 3'));
    rmSync(agentFolder(home, 'bob'), { recursive: true });
    await until(() => heard.messages.at(-1)?.runs.length === 0);
    begin(home, '000003', say('four'));
    await heardOf(heard, 'four');
  });

  test('of one run is of no other', async () => {
    const home = temporaryFolder();
    begin(home, '000001', say('one'));
    begin(home, '000002', say('two'));
    const heard = listen(home, { run: '000002' });
    await read(heard);
    begin(home, '000003', say('three'));
    appendFileSync(file(home, '000002'), say('more'));
    await heardOf(heard, 'more');
    expect(words(heard).slice(1)).toEqual(['assistant: two', 'assistant: more']);
    expect(heard.messages[0]?.runs.map(({ run }) => run)).toEqual(['000001', '000002']);
  });

  test('is clean, whatever was written', async () => {
    const home = temporaryFolder();
    const nested = `{"type":"assistant","message":{"content":[{"type":"tool_use","name":"x","input":${'['.repeat(9_000)}${']'.repeat(9_000)}}]}}\n`;
    begin(
      home,
      '000001',
      `${say('\u001b]0;pwned\u0007safe\u001b[2J')}${say(`my token is ${TOKEN}`)}\u001b[1mplain\u001b[0m\n${nested}`,
    );
    appendFileSync(file(home, '000001'), Buffer.from([0xff, 0x41, 0x0a]));
    appendFileSync(file(home, '000001'), `${'y'.repeat(20_000)}\n${'z'.repeat(2_000_000)}\n`);
    const heard = listen(home, {});
    await read(heard);
    const [, safe, token, plain, , invalid, long, longest] = words(heard);
    expect([safe, token, plain, invalid]).toEqual([
      'assistant: safe',
      'assistant: my token is sk-ant-oat01-[redacted]',
      'stdout: plain',
      'stdout: \ufffdA',
    ]);
    expect(long).toBe(`stdout: ${'y'.repeat(2_000)}...`);
    expect(longest).toBe('log: (a line of 2000000 bytes is not shown)');
  });

  test('is raw as it was written, but for credentials and controls, without stderr', async () => {
    const home = temporaryFolder();
    begin(home, '000001', `${say(TOKEN)}{"type":"keep_alive"}\n\u001b[31mred\n${'y'.repeat(20_000)}\n`);
    writeFileSync(file(home, '000001', 'stderr'), 'trouble\n');
    const heard = listen(home, { raw: true });
    await read(heard);
    expect(words(heard).slice(1)).toEqual([
      `stdout: ${say('sk-ant-oat01-[redacted]').trimEnd()}`,
      'stdout: {"type":"keep_alive"}',
      'stdout: red',
      `stdout: ${'y'.repeat(8_000)} ... (20000 characters)`,
    ]);
  });

  test('of a long past is its end, and says so', async () => {
    const home = temporaryFolder();
    begin(home, '000001', Array.from({ length: 5_000 }, (_, index) => say(`line ${index}`)).join(''));
    const heard = listen(home);
    await read(heard);
    expect(words(heard)).toHaveLength(2_002);
    expect(words(heard)[0]).toBe('log: Older lines are not shown here: agentvisor logs bob --raw');
    expect(words(heard).at(-1)).toBe('assistant: line 4999');
  });

  test('that cannot be read says so', async () => {
    const home = temporaryFolder();
    mkdirSync(file(home, '000001'), { recursive: true });
    const heard = listen(home);
    await heard.source.ended;
    expect(words(heard)).toEqual([expect.stringContaining('log: The log cannot be read: EISDIR')]);
  });
});

describe('a flood', () => {
  const LINES = 200_000;

  test('comes in bounded batches, at most ten a second, and what is let go is counted', async () => {
    const home = temporaryFolder();
    begin(home, '000001');
    const heard = listen(home);
    await read(heard);
    const since = performance.now();
    const writer = spawn(
      process.execPath,
      ['-e', `for (let i = 0; i < ${LINES}; i += 1000) process.stdout.write('a line of a flood\\n'.repeat(1000))`],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    for await (const chunk of writer.stdout as AsyncIterable<Buffer>) appendFileSync(file(home, '000001'), chunk);
    const count = (): number =>
      heard.messages.reduce(
        (sum, message) =>
          sum +
          message.entries.filter(({ who }) => who === 'stdout').length +
          (message.type === 'log-grew' ? message.dropped : 0),
        0,
      );
    await until(() => count() === LINES);
    const batches = heard.messages.length;
    expect(batches).toBeLessThanOrEqual((performance.now() - since) / 100 + 2);
    for (const { entries } of heard.messages) expect(entries.length).toBeLessThanOrEqual(1_002);
    expect(words(heard).some((text) => /^log: [\d,]+ lines came too fast/.test(text))).toBe(true);
    expect(words(heard).at(-1)).toBe('stdout: a line of a flood');
  });
});

describe('closing a log', () => {
  test('is heard at once: nothing comes afterwards, and no file stays open', async () => {
    const home = temporaryFolder();
    begin(home, '000001', Array.from({ length: 50_000 }, (_, index) => say(`line ${index}`)).join(''));
    for (const hasRead of [false, true]) {
      const heard = listen(home);
      if (hasRead) await read(heard);
      appendFileSync(file(home, '000001'), say('more'));
      heard.source.close();
      const { length } = heard.messages;
      await heard.source.ended;
      appendFileSync(file(home, '000001'), say('even more'));
      expect(heard.messages).toHaveLength(length);
      expect(openFiles(home)).toEqual([]);
    }
  });

  test('in the middle of a flood leaves nothing that keeps a process alive', async () => {
    const home = temporaryFolder();
    begin(home, '000001', say('hello').repeat(20_000));
    const program = `
      import { openLog } from ${JSON.stringify(fileURLToPath(new URL('../../dist/tui/log-source.js', import.meta.url)))};
      import { appendFileSync } from 'node:fs';
      const source = openLog(${JSON.stringify(home)}, { name: 'bob', run: null, raw: false }, (message) => {
        appendFileSync(${JSON.stringify(file(home, '000001'))}, 'a line\\n'.repeat(50_000));
        if (message.type === 'log-grew') source.close();
      });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});
