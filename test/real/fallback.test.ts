import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasCode } from '../../src/home/system-error.ts';
import { emptyBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, mainRequests, QUIET, tokenEnding, tokenFile } from './seen.ts';

const MARK = 'tttttttttttttttttttttttttttt';

/** One agent on a token that is refused from now on, with a second one that costs money, and somebody who is told. */
async function fleetWithSpare(bin: string, ceilingUsd: number): Promise<RealBox & { readonly told: () => string }> {
  const fleet = await emptyBox();
  const told = join(fleet.dir, 'told');
  await startReal(fleet, bin, {
    credentials: {
      max: tokenFile(fleet, 'token', 'AAAA'),
      spare: { ...tokenFile(fleet, 'spare', 'BBBB'), billable: true, ceilingUsd },
    },
    notify: [{ command: ['/bin/sh', '-c', `cat >>'${told}'`] }],
    defaults: { credential: ['max', 'spare'], ...QUIET },
    agents: [{ name: 'ada' }],
  });
  await ask(fleet, 'ada', 'first');
  fleet.api.setScript({ faults: [{ when: { token: 'AAAA' }, do: { api: '403revoked' } }] });
  return { ...fleet, told: () => readFileSync(told, 'utf8') };
}

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a dead token lets its agent work on the next one, which people are told, until a new one is answered', async () => {
      const fleet = await fleetWithSpare(bin, 1_000);
      await ask(fleet, 'ada', 'second');
      const row = await fleet.row('ada');
      expect(row).toMatchObject({ credential: { name: 'spare' }, health: 'healthy' });
      expect(row.costUsd).toBeGreaterThan(0);
      await expect
        .poll(fleet.told, { timeout: 10_000 })
        .toContain("works on 'spare' while 'max' is in trouble (which costs money");
      tokenFile(fleet, 'token', 'CCCC');
      await fleet.until('ada', ({ credential, health }) => credential?.name === 'max' && health === 'healthy');
      await ask(fleet, 'ada', 'third');
      expect(mainRequests(fleet.api).at(-1)).toMatchObject({ token: 'CCCC', status: 200 });
      await expect.poll(fleet.told, { timeout: 10_000 }).toContain("'max' answers ada again");
      const texts = [fleet.told(), ...textsBelow(fleet.home)];
      expect(texts.filter((text) => text.includes(MARK) || text.includes(tokenEnding('CCCC')))).toEqual([]);
    });

    test('a fallback begins no turn beyond its ceiling', async () => {
      const fleet = await fleetWithSpare(bin, 0.000_001);
      await ask(fleet, 'ada', 'second');
      await fleet.event(({ detail }) => detail.includes("'spare' has cost what it may"));
      await fleet.av('send', 'ada', 'third');
      await fleet.until('ada', ({ health, credential }) => health === 'held' && credential?.name === 'max');
      expect(mainRequests(fleet.api).filter(({ token, texts }) => token === 'BBBB' && texts.includes('third'))).toEqual(
        [],
      );
      await expect.poll(fleet.told, { timeout: 10_000 }).toContain('USD that it may: no further turn is begun on it');
    });
  });
}

/** What is renamed or removed while one looks is no place where a secret stays. */
const textsBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .flatMap((path) => {
      try {
        return [readFileSync(path, 'utf8')];
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return [];
        throw error;
      }
    });
