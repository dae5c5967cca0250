import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { box, type Box } from '../box.ts';

const namesOf = async (own: Box): Promise<readonly string[]> => (await own.rows()).map(({ name }) => name).toSorted();

/** Not started: it is the reading that is tried. */
const declare = (...names: readonly string[]): string =>
  JSON.stringify({ agents: names.map((name) => ({ name, mode: 'command', command: ['true'], enabled: false })) });

test('a file that rewrites itself while it is read is applied as it was read, and as it is the next time', async () => {
  const own = box();
  const file = join(own.dir, 'ecosystem.mts');
  const next = `export default ${declare('eve')};\n`;
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
writeFileSync(fileURLToPath(import.meta.url), ${JSON.stringify(next)});
export default () => (${declare('ada', 'bob')});
`,
  );
  await own.ok('apply', file, '--prune');
  expect(readFileSync(file, 'utf8')).toBe(next);
  expect(await namesOf(own)).toEqual(['ada', 'bob']);
  await own.ok('apply', file, '--prune');
  expect(await namesOf(own)).toEqual(['eve']);
});

test('a file that removes itself while it is read is applied as it was read', async () => {
  const own = box();
  const file = join(own.dir, 'ecosystem.cjs');
  writeFileSync(file, `require('node:fs').rmSync(__filename);\nmodule.exports = ${declare('ada')};\n`);
  await own.ok('apply', file);
  expect(await namesOf(own)).toEqual(['ada']);
  expect(await own.av('apply', file, '--prune')).toMatchObject({ code: 2, stdout: '' });
  expect(await namesOf(own)).toEqual(['ada']);
});

test.each(['mts', 'mjs', 'cjs'])(
  'what several modules (%s) share is read once, though the first of them changes it',
  async (extension) => {
    const own = box();
    const at = (name: string): string => join(own.dir, `${name}.${extension}`);
    const isCommon = extension === 'cjs';
    const take = (name: string, what: string): string =>
      isCommon ? `const ${what} = require('./${name}.cjs');` : `import ${what} from './${name}.${extension}';`;
    const give = (what: string): string => (isCommon ? `module.exports = ${what};` : `export default ${what};`);
    const rewrite = isCommon
      ? `const { writeFileSync } = require('node:fs');`
      : `import { writeFileSync } from 'node:fs';`;
    writeFileSync(at('shared'), give(`'early'`));
    writeFileSync(
      at('first'),
      `${rewrite}\n${take('shared', 'shared')}\nwriteFileSync(${JSON.stringify(at('shared'))}, ${JSON.stringify(give(`'late'`))});\n${give(`\`\${shared}-first\``)}\n`,
    );
    writeFileSync(at('second'), `${take('shared', 'shared')}\n${give(`\`\${shared}-second\``)}\n`);
    const agents = `{ agents: [first, second].map((name) => ({ name, mode: 'command', command: ['true'], enabled: false })) }`;
    writeFileSync(at('ecosystem'), `${take('first', 'first')}\n${take('second', 'second')}\n${give(agents)}\n`);
    await own.ok('apply', at('ecosystem'));
    expect(await namesOf(own)).toEqual(['early-first', 'early-second']);
  },
);

const VERSIONS = [
  ['ada', 'bob', 'cyd'],
  ['eve', 'fay', 'gil'],
];

/** Writes one version over the other, byte by byte, until it is ended: as somebody does who saves in place. */
const WRITER = `
  const { openSync, writeSync, closeSync } = require('node:fs');
  const [file, ...versions] = process.argv.slice(1);
  console.log('ready');
  const write = (text) => {
    const fd = openSync(file, 'w');
    for (let at = 0; at < text.length; at += 16) writeSync(fd, text.slice(at, at + 16));
    closeSync(fd);
  };
  setInterval(() => versions.forEach(write), 1);
`;

test('a file that somebody writes again and again while it is applied gives one version of it whole, or nothing', async () => {
  const own = box();
  const file = join(own.dir, 'ecosystem.json');
  const versions = VERSIONS.map((names) => declare(...names));
  writeFileSync(file, versions[0] ?? '');
  await own.ok('apply', file, '--prune');
  const writer = spawn(process.execPath, ['-e', WRITER, file, ...versions], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  let before = await namesOf(own);
  for (let round = 0; round < 8; round += 1) {
    const { code, stderr } = await own.av('apply', file, '--prune');
    const now = await namesOf(own);
    if (code === 0) expect(VERSIONS).toContainEqual(now);
    else expect({ code, now, stderr }).toEqual({ code: 2, now: before, stderr: expect.stringContaining(file) });
    before = now;
  }
});
