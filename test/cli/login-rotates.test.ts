import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { readMints } from '../../src/home/mints.ts';
import { TOKEN } from '../box.ts';
import { GOOD_CODE, loginScene } from './login-scene.ts';

const OLD = `${TOKEN.slice(0, -4)}0000`;

test('a token whose file is there takes its place by a rotation, and the date of its making is kept', async () => {
  const scene = loginScene('good', TOKEN);
  const file = join(scene.dir, 'max.token');
  writeFileSync(file, `${OLD}\n`, { mode: 0o600 });
  scene.declareIdle();
  expect(await scene.av('start')).toMatchObject({ code: 0 });
  try {
    const begun = scene.begin('login', 'max', '--json');
    await begun.step('code-needed');
    expect(await scene.avWith(`${GOOD_CODE}\n`, 'login', '--code', '-')).toMatchObject({ code: 0 });
    const { code, stdout } = await begun.ended;
    expect(code, stdout).toBe(0);
    const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(last).toMatchObject({ credential: 'max', from: fingerprint(OLD), to: fingerprint(TOKEN), stage: 'done' });
    expect(readFileSync(file, 'utf8')).toBe(`${TOKEN}\n`);
    expect(readMints(scene.home)).toMatchObject([{ credential: 'max', fingerprint: fingerprint(TOKEN) }]);
  } finally {
    await scene.av('kill');
  }
});

test('a token that cannot take its place is kept beside it, and told', async () => {
  const scene = loginScene('good', TOKEN);
  const file = join(scene.dir, 'max.token');
  writeFileSync(file, `${OLD}\n`, { mode: 0o600 });
  try {
    const begun = scene.begin('login', 'max', '--json');
    await begun.step('code-needed');
    await scene.avWith(`${GOOD_CODE}\n`, 'login', '--code', '-');
    const { code, stderr } = await begun.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`It is kept in ${file}.new.`);
    expect(readFileSync(`${file}.new`, 'utf8')).toBe(`${TOKEN}\n`);
    expect(statSync(`${file}.new`).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe(`${OLD}\n`);
  } finally {
    await scene.av('kill');
  }
});
