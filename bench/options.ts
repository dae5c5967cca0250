export type Options = {
  /** Ids of measures, in their own order. */
  readonly only: readonly string[];
  /** Few samples and short windows: shows that all works, its figures are worth little. */
  readonly quick: boolean;
  /** Where the page goes; null: to stdout. */
  readonly out: string | null;
};

/**
 * `--only list,memory --quick --out FILE`. Without `--out` only a whole run writes the page: its figures belong together.
 * @throws what to say about a wrong word
 */
export function readOptions(argv: readonly string[], ids: readonly string[], page: string): Options {
  let only = ids;
  let quick = false;
  let out: string | null = null;
  const words = argv.flatMap((word) =>
    /^--\w+=/.test(word) ? [word.split('=')[0] ?? '', word.replace(/^--\w+=/, '')] : [word],
  );
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === '--quick') quick = true;
    else if (word === '--only') only = chosen(words[(at += 1)] ?? '', ids);
    else if (word === '--out') out = file(words[(at += 1)]);
    else throw new Error(`There is no option ${word}. There are --only ID,ID…, --quick and --out FILE.`);
  }
  const isWhole = !quick && only.length === ids.length;
  return { only, quick, out: out ?? (isWhole ? page : null) };
}

function file(word: string | undefined): string {
  if (word === undefined) throw new Error('--out needs a file.');
  return word;
}

function chosen(list: string, ids: readonly string[]): readonly string[] {
  const words = list.split(',').filter((word) => word !== '');
  const unknown = words.filter((word) => !ids.includes(word));
  if (words.length === 0 || unknown.length > 0)
    throw new Error(`There is no measure ${unknown.join(', ')}. There are ${ids.join(', ')}.`);
  return ids.filter((id) => words.includes(id));
}
