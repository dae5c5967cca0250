/** What a target is matched against. */
export type Named = { readonly name: string; readonly namespace: string };

export type Matched<T> = {
  /** In the order of the rows, each once. */
  readonly rows: readonly T[];
  /** Targets that name nobody. `all` is never unknown. */
  readonly unknown: readonly string[];
};

/** Names, globs (`*`, `?`), `all` and `namespace:NS`. */
export function matchTargets<T extends Named>(targets: readonly string[], rows: readonly T[]): Matched<T> {
  const chosen = new Set<T>();
  const unknown: string[] = [];
  for (const target of targets) {
    const matches = rows.filter((row) => isMatch(target, row));
    for (const row of matches) chosen.add(row);
    if (matches.length === 0 && target !== 'all') unknown.push(target);
  }
  return { rows: rows.filter((row) => chosen.has(row)), unknown };
}

const NAMESPACE = 'namespace:';

function isMatch(target: string, row: Named): boolean {
  if (target === row.name || target === 'all') return true;
  if (target.startsWith(NAMESPACE)) return row.namespace === target.slice(NAMESPACE.length);
  return /[*?]/.test(target) && isGlobMatch(target, row.name);
}

/** Two cursors and one step back, instead of a regular expression: a pattern of many stars cannot take long. */
function isGlobMatch(glob: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  let cursor = 0;
  while (cursor < name.length) {
    if (at < glob.length && (glob[at] === '?' || (glob[at] !== '*' && glob[at] === name[cursor]))) {
      at += 1;
      cursor += 1;
    } else if (glob[at] === '*') {
      star = at;
      retry = cursor;
      at += 1;
    } else if (star !== -1) {
      at = star + 1;
      retry += 1;
      cursor = retry;
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(at));
}
