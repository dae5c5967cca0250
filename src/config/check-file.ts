import { NAME_PATTERN } from '../kernel/spec.ts';
import { checkLayer, checkMode } from './check-agent.ts';
import type { Layer } from './check-agent.ts';
import { NAME_EXPECTED } from './leaves.ts';
import { merge } from './merge.ts';
import { formatPath, problemAt, problemWith } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import type { CredentialShape, Draft, OptionsShape } from './schema.ts';

const SOURCES = "one of { env: 'NAME' }, { file: 'PATH' } and { command: ['PROGRAM'] }";

/**
 * What the shape of single values cannot show: names that must exist or be unique, options that exclude each other.
 * `shapeProblems` are known already; nothing is said twice, and nothing that only follows from them.
 */
export function checkDraft(draft: Draft, shapeProblems: readonly Problem[]): readonly Problem[] {
  const isBroken = brokenPaths(shapeProblems);
  const defaults = draft.defaults ?? {};
  const credentials = [...new Set([...Object.keys(draft.credentials ?? {}), ...brokenCredentials(shapeProblems)])];
  const layer = (path: Path, own: OptionsShape, merged: OptionsShape): Layer => ({
    path,
    own,
    merged,
    credentials,
    isBroken,
  });
  const agents = (draft.agents ?? []).map((agent, index) => {
    const { name: _name, ...own } = agent ?? {};
    return layer(['agents', index], own, merge<OptionsShape>(defaults, own));
  });
  return [
    ...Object.entries(draft.credentials ?? {}).flatMap(([name, credential]) =>
      checkCredential(name, credential ?? {}, isBroken),
    ),
    ...checkNotify(draft, isBroken),
    ...checkLayer(layer(['defaults'], defaults, defaults)),
    ...checkNames(draft),
    ...agents.flatMap((agent) => [...checkMode(agent), ...checkLayer(agent)]),
  ];
}

function checkCredential(
  name: string,
  credential: Partial<CredentialShape>,
  isBroken: (path: Path) => boolean,
): readonly Problem[] {
  const path = ['credentials', name];
  const isSet = (key: 'from' | 'configDir' | 'mintedAt'): boolean => (credential[key] ?? null) !== null;
  const problems: Problem[] = NAME_PATTERN.test(name) ? [] : [problemAt(path, NAME_EXPECTED, name)];
  if (credential.type === 'stored-login' && isSet('from')) {
    const hint = "a stored login is read from its folder: configDir: '~/.claude'";
    problems.push(problemAt([...path, 'from'], 'no `from` on a stored login', credential.from, hint));
  }
  if (credential.type === 'stored-login' && isSet('mintedAt')) {
    const hint = 'a stored login says itself how long it lasts';
    problems.push(problemAt([...path, 'mintedAt'], 'no `mintedAt` on a stored login', credential.mintedAt, hint));
  }
  if (credential.type === 'oauth-token' || credential.type === 'api-key') {
    const sources = Object.values(credential.from ?? {}).filter((source) => source !== null && source !== undefined);
    const at = [...path, 'from'];
    if (sources.length === 0 && !isBroken(at)) problems.push(problemAt(at, SOURCES, credential.from));
    if (sources.length > 1 && !isBroken(at)) problems.push(problemWith(at, SOURCES, `${sources.length} of them`));
    if (isSet('configDir')) {
      const hint = "`configDir` belongs to type: 'stored-login'";
      problems.push(
        problemAt([...path, 'configDir'], `no \`configDir\` on an ${credential.type}`, credential.configDir, hint),
      );
    }
  }
  return problems;
}

function checkNotify(draft: Draft, isBroken: (path: Path) => boolean): readonly Problem[] {
  return (draft.notify ?? []).flatMap((notify, index) => {
    const path = ['notify', index];
    const ways = Object.values(notify ?? {}).filter((way) => way !== null && way !== undefined).length;
    if (ways === 1 || isBroken(path)) return [];
    return [problemAt(path, "either { command: ['PROGRAM'] } or { webhook: 'https://…' }", notify)];
  });
}

function checkNames(draft: Draft): readonly Problem[] {
  const names = (draft.agents ?? []).map((agent) => agent?.name);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === undefined || first === index) return [];
    return [problemAt(['agents', index, 'name'], 'a name of its own', name, `agents[${first}] has the same name`)];
  });
}

function brokenPaths(problems: readonly Problem[]): (path: Path) => boolean {
  const within = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return (path) => {
    const text = formatPath(path);
    return problems.some((problem) => within(problem.path, text) || within(text, problem.path));
  };
}

/** A credential that is wrong is still declared: its agents must not be told that it does not exist. */
function brokenCredentials(problems: readonly Problem[]): readonly string[] {
  return problems.flatMap(({ path }) => /^credentials\.([^.[]+)/.exec(path)?.[1] ?? []);
}
