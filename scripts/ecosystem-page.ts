import { AGENT, CREDENTIAL, NOTIFY, TOP, type OptionGroup } from './options.ts';
import { GENERATED, markdownTable } from './table.ts';

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

function optionTable(groups: readonly OptionGroup[]): string {
  const rows = groups.flatMap((group) =>
    group.rows.map(({ name, expects, fallback, meaning }) => [code(name), expects, defaultCell(fallback), meaning]),
  );
  return markdownTable(['option', 'takes', 'default', 'meaning'], rows);
}

/** A default that depends is said in words. */
const defaultCell = (fallback: string): string => (fallback.includes(' otherwise') ? fallback : code(fallback));

const [agent, ...inner] = AGENT;

const section = (group: OptionGroup): string =>
  [`### ${group.path}`, ...(group.meaning === '' ? [] : [group.meaning]), optionTable([group])].join('\n\n');

export function ecosystemPage(): string {
  const top = TOP.map(({ name, meaning }) => [code(name), meaning]);
  return [
    GENERATED,
    INTRO,
    markdownTable(['key', 'meaning'], top),
    VALUES,
    '## credentials',
    CREDENTIALS,
    optionTable(CREDENTIAL),
    '## notify',
    'A list. Each element has one of these two keys. What is told when, and how, is in [notices.md](notices.md).',
    optionTable(NOTIFY),
    '## agents and defaults',
    'Everything here may stand in an agent and, but for `name`, under `defaults`.',
    optionTable(agent === undefined ? [] : [agent]),
    ...inner.map(section),
    OUTRO,
  ].join('\n\n');
}

const INTRO = `# The ecosystem file

One file declares agents, how they sign in, and who is told about troubles. \`agentvisor validate FILE\` checks it and names every
mistake at once; \`agentvisor apply FILE --dry-run\` tells what it would change; \`agentvisor start FILE\` makes it so.

Without a name, \`agentvisor start\` and \`agentvisor validate\` take the file of this folder: \`ecosystem.ts\`, else \`.mts\`, \`.js\`,
\`.mjs\`, \`.cjs\` or \`.json\`. It exports an object, a promise of one or a function that returns one. It is run in a process of its own.

\`\`\`ts
import { defineEcosystem } from 'agentvisor';

export default defineEcosystem({
  credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
  notify: [{ command: ['./page-me'] }],
  defaults: { credential: 'max', idleWake: { after: '45m' } },
  agents: [
    { name: 'reviewer', cwd: './reviewer', claude: { model: 'opus' } },
    { name: 'bridge', mode: 'command', command: ['node', 'bridge.mjs'] },
  ],
});
\`\`\`

An unknown key is a mistake, not something that silently does nothing. Paths are relative to the file.`;

const VALUES = `## Values

- A **duration** is \`'300ms'\`, \`'30s'\`, \`'5m'\`, \`'1h'\`, or a number of milliseconds.
- A **size** is \`'300KB'\`, \`'50MB'\`, \`'2GB'\`, or a number of bytes. A KB is 1024 bytes.
- **\`null\`** clears what \`defaults\` says. What cannot be absent takes its built-in default.
- \`defaults\` and an agent are laid on each other: objects merge deeply, lists and single values replace.
- \`restart.delayMin\` is at most \`delayMax\`; \`auth.quiet.min\` at most \`max\`, and that at most \`longMax\`; \`log.maxSize\` at most
  \`total\`.`;

const CREDENTIALS = `An object: each key is the name of a credential. A secret never stands in the file; \`from\` says where it is read. \`oauth-token\`
and \`api-key\` need \`from\`; \`stored-login\` has none, and may have \`configDir\`. How to choose, what
can be wrong with one and how you are told: [credentials.md](credentials.md).`;

const OUTRO = `## What an agent's environment is made of

Later ones win: a short list of your shell's variables (\`PATH HOME LANG LC_* TERM TZ USER SHELL TMPDIR\`, proxies and certificates),
\`env\`, \`envFile\`, \`envPass\`, the credential. Nothing else of your shell reaches an agent. \`apply\` and \`start FILE\` hand the
variables over anew.
`;
