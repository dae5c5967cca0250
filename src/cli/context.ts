import { parseArgs } from 'node:util';
import { homeFolder } from '../home/paths.ts';
import type { Environment } from '../home/paths.ts';
import { redact } from '../kernel/redaction.ts';
import { fit } from './fit.ts';
import { printable } from '../wording/printable.ts';
import { COMMON_OPTIONS } from './verb.ts';
import type { Context, Verb } from './verb.ts';

/** Reads the command line of one verb. Throws usage errors only. */
export async function makeContext(
  name: string,
  verb: Verb,
  argv: readonly string[],
  env: Environment,
): Promise<Context> {
  const { values, positionals } = await parse(name, verb, argv);
  const { min, max, what } = verb.takes;
  const surplus = positionals[max];
  const asksForHelp = values['help'] === true;
  if (!asksForHelp && (positionals.length < min || surplus !== undefined)) {
    const { missingArgument, surplusArgument } = await import('./usage.ts');
    throw surplus === undefined ? missingArgument(name, what, verb.usage) : surplusArgument(name, surplus, verb.usage);
  }
  return {
    home: homeFolder(env),
    env,
    cwd: process.cwd(),
    json: values['json'] === true,
    args: positionals,
    flag: (option) => values[option] === true,
    option: (option) => {
      const value = values[option];
      return typeof value === 'string' ? value : undefined;
    },
    options: (option) => {
      const value = values[option];
      return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    },
    say: (text) => process.stdout.write(`${redact(printable(text))}\n`),
    note: (text) => process.stderr.write(`${fit(redact(printable(text)), process.stderr, env)}\n`),
    answer: (value) => process.stdout.write(`${redact(JSON.stringify(value))}\n`),
    write: (bytes) =>
      new Promise((resolve) => {
        if (process.stdout.write(bytes)) resolve();
        else process.stdout.once('drain', resolve);
      }),
  };
}

async function parse(name: string, verb: Verb, argv: readonly string[]): Promise<ReturnType<typeof parseStrictly>> {
  try {
    return parseStrictly(verb, argv);
  } catch (cause) {
    const { wrongOption } = await import('./usage.ts');
    throw wrongOption(name, Object.keys({ ...COMMON_OPTIONS, ...verb.options }), cause);
  }
}

function parseStrictly(
  verb: Verb,
  argv: readonly string[],
): {
  values: Readonly<Record<string, unknown>>;
  positionals: readonly string[];
} {
  return parseArgs({
    args: [...argv],
    options: { ...verb.options, ...COMMON_OPTIONS },
    allowPositionals: true,
    strict: true,
  });
}
