import { COOKIES } from '../kernel/cookies.ts';
import { credentialNames } from './agent.ts';
import { DEFAULTS } from './defaults.ts';
import { VARIABLE_PATTERN } from './environment.ts';
import { VARIABLE_EXPECTED } from './leaves.ts';
import { problemAt } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import type { OptionsShape } from './schema.ts';
import { closest } from './suggest.ts';
import { parseDuration, parseSize } from './units.ts';

/** Options that must not be above other ones. */
const ORDERED: readonly (readonly [low: Path, high: Path])[] = [
  [
    ['restart', 'delayMin'],
    ['restart', 'delayMax'],
  ],
  [
    ['auth', 'quiet', 'min'],
    ['auth', 'quiet', 'max'],
  ],
  [
    ['auth', 'quiet', 'max'],
    ['auth', 'quiet', 'longMax'],
  ],
  [
    ['log', 'maxSize'],
    ['log', 'total'],
  ],
];

/** One place where options stand: `defaults`, or an agent with what it inherits. */
export type Layer = {
  readonly path: Path;
  /** What is written in this place. */
  readonly own: OptionsShape;
  /** `own` laid on `defaults`. */
  readonly merged: OptionsShape;
  readonly credentials: readonly string[];
  /** Whether something at or around this path is already reported. */
  readonly isBroken: (path: Path) => boolean;
};

/** Mistakes that show in one place alone. */
export function checkLayer(layer: Layer): readonly Problem[] {
  return [...checkCredentials(layer), ...checkVariables(layer), ...checkOrder(layer)];
}

/** Mistakes of an agent as a whole: its mode decides what belongs to it. */
export function checkMode({ path, own, merged, isBroken }: Layer): readonly Problem[] {
  if (isBroken([...path, 'mode']) || isBroken(['defaults', 'mode'])) return [];
  const isSet = (key: 'command' | 'claude'): boolean => own[key] !== undefined && own[key] !== null;
  if ((merged.mode ?? DEFAULTS.mode) === 'stream') {
    if (!isSet('command')) return [];
    const hint = "add mode: 'command' to run a program that is not Claude Code, or set claude.bin";
    return [problemAt([...path, 'command'], 'no `command` on a stream agent', own.command, hint)];
  }
  const needed = "the program and its arguments, a list such as ['node', 'worker.mjs']";
  const missing =
    (merged.command ?? null) === null && !isBroken([...path, 'command']) && !isBroken(['defaults', 'command']);
  return [
    ...(missing ? [problemAt([...path, 'command'], needed, undefined)] : []),
    ...(isSet('claude')
      ? [
          problemAt(
            [...path, 'claude'],
            'no `claude` on a command agent',
            own.claude,
            'put its arguments into `command`',
          ),
        ]
      : []),
  ];
}

function checkCredentials({ path, own, credentials }: Layer): readonly Problem[] {
  const at = [...path, 'credential'];
  const known = credentials.length === 0 ? 'a name under `credentials`' : `one of ${credentials.join(', ')}`;
  const named = credentialNames(own).filter((name) => typeof name === 'string');
  const strangers = named.filter((name) => !credentials.includes(name));
  const twice = named.filter((name, index) => named.indexOf(name) !== index);
  return [
    ...strangers.map((name) => problemAt(at, known, name, strangerHint(name, credentials))),
    ...twice.map((name) => problemAt(at, 'each credential once', name)),
  ];
}

function strangerHint(name: string, credentials: readonly string[]): string {
  const near = closest(name, credentials);
  return near === undefined ? `declare it: credentials: { ${name}: { type: … } }` : `did you mean "${near}"?`;
}

/** agentvisor knows an agent's processes by its cookies: one that sets them itself could not be found again. */
function checkVariables({ path, own }: Layer): readonly Problem[] {
  const at = [...path, 'env'];
  const ours = 'no variable of agentvisor itself';
  return [
    ...Object.keys(own.env ?? {}).flatMap((key) => {
      if (!VARIABLE_PATTERN.test(key)) return [problemAt([...at, key], VARIABLE_EXPECTED, key)];
      return COOKIES.includes(key) ? [problemAt([...at, key], ours, own.env?.[key])] : [];
    }),
    ...(own.envPass ?? [])
      .filter((key) => COOKIES.includes(key))
      .map((key) => problemAt([...path, 'envPass'], ours, key)),
  ];
}

function checkOrder(layer: Layer): readonly Problem[] {
  return ORDERED.flatMap(([low, high]) => {
    const isOwn = (option: Path): boolean => (optionAt(layer.own, option) ?? null) !== null;
    const places = [low, high].flatMap((option) => [
      [...layer.path, ...option],
      ['defaults', ...option],
    ]);
    // Neither is written here: then the mistake, if there is one, is reported where it is written.
    if (!(isOwn(low) || isOwn(high)) || places.some(layer.isBroken)) return [];
    const lowest = optionAt(layer.merged, low) ?? optionAt(DEFAULTS, low);
    const highest = optionAt(layer.merged, high) ?? optionAt(DEFAULTS, high);
    if (amount(lowest) <= amount(highest)) return [];
    return isOwn(low)
      ? [problemAt([...layer.path, ...low], `at most ${high.join('.')}, which is ${String(highest)}`, lowest)]
      : [problemAt([...layer.path, ...high], `at least ${low.join('.')}, which is ${String(lowest)}`, highest)];
  });
}

function optionAt(options: object, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Object.entries(value).find(([own]) => own === key)?.[1] : undefined,
    options,
  );
}

function amount(value: unknown): number {
  return parseDuration(value) ?? parseSize(value) ?? Number.NaN;
}
