import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeFolder } from '../../src/home/paths.ts';
import { temporaryFolder } from '../cli/folder.ts';

test('a home has one name, by whatever links it is reached, and before it is made', () => {
  const folder = temporaryFolder();
  const real = join(folder, 'real');
  mkdirSync(real);
  symlinkSync(real, join(folder, 'link'));
  expect(homeFolder({ AGENTVISOR_HOME: join(folder, 'link') })).toBe(real);
  expect(homeFolder({ AGENTVISOR_HOME: join(folder, 'link/new/home') })).toBe(join(real, 'new/home'));
});
