import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { DEFAULTS } from '../../src/config/defaults.ts';
import type { AgentOptions, EcosystemOptions } from '../../src/config/input.ts';
import type { AgentShape, ecosystemSchema } from '../../src/config/schema.ts';
import { defineEcosystem } from '../../src/index.ts';
import type { EcosystemExport } from '../../src/index.ts';

describe('defineEcosystem', () => {
  test('gives back what it is given: data, a promise, a function', async () => {
    const data = { agents: [{ name: 'a', idleWake: { after: '45m' } }] } as const;
    expect(defineEcosystem(data)).toBe(data);
    expect(await (defineEcosystem(Promise.resolve(data)) as Promise<unknown>)).toBe(data);
    expect((defineEcosystem(() => data) as () => unknown)()).toBe(data);
  });

  test('marks a mistake in the editor', () => {
    void defineEcosystem({
      // @ts-expect-error an unknown key
      agents: [{ name: 'a', restrat: {} }],
    });
    void defineEcosystem({
      // @ts-expect-error a duration without a unit
      agents: [{ name: 'a', restart: { delayMin: '5' } }],
    });
    // @ts-expect-error an agent without a name
    void defineEcosystem({ agents: [{ cwd: '.' }] });
    // @ts-expect-error a token without a source
    void defineEcosystem({ credentials: { max: { type: 'oauth-token' } }, agents: [] });
    expectTypeOf(defineEcosystem).returns.toEqualTypeOf<EcosystemExport>();
  });
});

/** One spelling of a type: no intersections, everything read-only. */
type Normal<T> = T extends readonly (infer Item)[]
  ? readonly Normal<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Normal<T[K]> }
    : T;

test('the types know the same options as the schema', () => {
  expectTypeOf<EcosystemOptions>().toExtend<z.input<typeof ecosystemSchema>>();
  expectTypeOf<Normal<AgentOptions>>().toEqualTypeOf<Normal<AgentShape>>();
  expectTypeOf<keyof EcosystemOptions>().toEqualTypeOf<keyof z.input<typeof ecosystemSchema>>();
});

describe('every @default in the docs of the options', () => {
  const groups: Readonly<Record<string, unknown>> = {
    DefaultsOptions: DEFAULTS,
    ClaudeOptions: DEFAULTS.claude,
    RestartOptions: DEFAULTS.restart,
    QuietOptions: DEFAULTS.auth.quiet,
    VerifyOptions: DEFAULTS.auth.verify,
    AuthOptions: DEFAULTS.auth,
    IdleWakeOptions: DEFAULTS.idleWake,
    StopOptions: DEFAULTS.stop,
    WatchOptions: DEFAULTS.watch,
    MemoryOptions: DEFAULTS.memory,
    LogOptions: DEFAULTS.log,
    RotateOptions: DEFAULTS.rotate,
  };
  const documented = ['input.ts', 'options.ts'].flatMap((name) =>
    defaultsIn(new URL(`../../src/config/${name}`, import.meta.url)),
  );

  test.each(documented.filter(({ type }) => type in groups))('$type.$option', ({ type, option, text }) => {
    const table = groups[type] as Readonly<Record<string, unknown>>;
    expect(text.replaceAll("'", '"')).toBe(JSON.stringify(table[option]));
  });

  test('is there for every option that has one', () => {
    const leaves = Object.entries(groups).flatMap(([type, table]) =>
      Object.entries(table as object)
        .filter(
          ([option, value]: [string, unknown]) =>
            option === 'env' || typeof value !== 'object' || value === null || Array.isArray(value),
        )
        .map(([option]) => `${type}.${option}`),
    );
    const found = documented.map(({ type, option }) => `${type}.${option}`);
    expect(leaves.filter((leaf) => !found.includes(leaf))).toEqual([]);
    expect(leaves.length).toBeGreaterThan(35);
  });
});

type Documented = { readonly type: string; readonly option: string; readonly text: string };

function defaultsIn(file: URL): readonly Documented[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/type (\w+) = \{\n([\s\S]*?)\n\};/g)].flatMap(([, type = '', body = '']) =>
    [...body.matchAll(/@default ([^\n]+)\n\s*\*\/\s*readonly (\w+)/g)].map(([, text = '', option = '']) => ({
      type,
      option,
      text: text.trim(),
    })),
  );
}
