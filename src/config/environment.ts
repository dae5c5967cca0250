/** The name of a variable. */
export const VARIABLE_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What an agent's environment begins with: variables of the shell that ran the CLI. */
export type PickedEnvironment = {
  readonly plain: Readonly<Record<string, string>>;
  /** Held in memory only, like a credential. */
  readonly secret: Readonly<Record<string, string>>;
};

const PASSED_ON = new Set(['PATH', 'HOME', 'LANG', 'TERM', 'TZ', 'USER', 'SHELL', 'TMPDIR', 'NODE_EXTRA_CA_CERTS']);
const PASSED_ON_PREFIXES = ['LC_', 'SSL_CERT_'];
/** Read in both spellings by most programs, Claude Code among them. */
const PROXIES = new Set(['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']);
/** All spellings: these may hold a password, and are then handed over like a secret. */
export const PROXY_VARIABLES: readonly string[] = [...PROXIES].flatMap((name) => [name, name.toLowerCase()]);

/** Only these variables reach an agent by themselves; everything else is named in the ecosystem file. */
export function pickEnvironment(env: Readonly<Record<string, string | undefined>>): PickedEnvironment {
  const plain: Record<string, string> = {};
  const secret: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (isProxy(key)) (hasUserinfo(value) ? secret : plain)[key] = value;
    else if (PASSED_ON.has(key) || PASSED_ON_PREFIXES.some((prefix) => key.startsWith(prefix))) plain[key] = value;
  }
  return { plain, secret };
}

function isProxy(key: string): boolean {
  return PROXIES.has(key) || (key === key.toLowerCase() && PROXIES.has(key.toUpperCase()));
}

/** By its name: MAX_THINKING_TOKENS and its like are numbers, not secrets. */
export const looksLikeSecret = (key: string): boolean =>
  /TOKEN|SECRET|KEY|PASSWORD/i.test(key) && !/TOKENS$/i.test(key);

/** `user:password@host`, with or without a scheme in front: programs accept both. */
function hasUserinfo(address: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:)?(?:\/\/)?[^/?#]*@/i.test(address.trim());
}

type EnvFileMistake = { readonly line: number; readonly message: string };

/** Values may be secrets: a mistake never repeats one. */
export type EnvFile =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly mistakes: readonly EnvFileMistake[] };

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
const AFTER_VALUE = String.raw`\s*(?:#.*)?$`;
const SINGLE_QUOTED = new RegExp(`^'([^']*)'${AFTER_VALUE}`);
const DOUBLE_QUOTED = new RegExp(String.raw`^"((?:[^"\\]|\\.)*)"${AFTER_VALUE}`);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads an `envFile`: a KEY=VALUE per line, `#` comments, `export` in front, 'as it is' and "with \n" quotes. Nothing is
 * expanded. Of two lines with one key the later counts, as in a shell.
 */
export function parseEnvFile(text: string): EnvFile {
  const values = new Map<string, string>();
  const mistakes: EnvFileMistake[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, key, written] = ASSIGNMENT.exec(line) ?? [];
    const value = written === undefined ? undefined : readValue(written);
    if (key === undefined)
      mistakes.push({ line: index + 1, message: 'expected KEY=VALUE, a # comment or an empty line' });
    else if (value === undefined)
      mistakes.push({ line: index + 1, message: `the quotes of ${key} do not close on this line` });
    else if (value.includes('\0')) mistakes.push({ line: index + 1, message: `${key} contains a NUL byte` });
    else values.set(key, value);
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, values: Object.fromEntries(values) };
}

/** undefined: a quote that is not closed, or something behind the closing one. */
function readValue(written: string): string | undefined {
  if (written.startsWith("'")) return SINGLE_QUOTED.exec(written)?.[1];
  if (written.startsWith('"'))
    return DOUBLE_QUOTED.exec(written)?.[1]?.replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);
  return written.startsWith('#') ? '' : written.replace(/\s+#.*$/, '').trimEnd();
}
