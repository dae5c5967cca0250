import { dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import type { Answers, CredentialChoice } from './answers.ts';

type Data = string | { readonly [key: string]: Data };

/** The name that the file gives to its one credential. */
const CREDENTIAL = 'main';

/** The text of an ecosystem file at `file`; paths in the answers are relative to `cwd`, in the file to its own folder. */
export function ecosystemText(answers: Answers, file: string, cwd: string): string {
  const path = (named: string): string => pathFrom(dirname(file), resolve(cwd), named);
  const credential = credentialData(answers.credential, path);
  const agent = {
    name: answers.name,
    cwd: path(answers.cwd),
    ...(answers.model === null ? {} : { claude: { model: answers.model } }),
  };
  const extension = extname(file);
  if (extension === '.json') {
    const data = { credentials: { [CREDENTIAL]: credential }, defaults: { credential: CREDENTIAL }, agents: [agent] };
    return `${JSON.stringify(data, null, 2)}\n`;
  }
  const body = [
    '  credentials: {',
    `    ${CREDENTIAL}: ${literal(credential)},`,
    '  },',
    `  defaults: ${literal({ credential: CREDENTIAL })},`,
    `  agents: [`,
    `    ${literal(agent)},`,
    '  ],',
  ];
  const lines =
    extension === '.cjs'
      ? ['module.exports = {', ...body, '};']
      : ["import { defineEcosystem } from 'agentvisor';", '', 'export default defineEcosystem({', ...body, '});'];
  return `${lines.join('\n')}\n`;
}

function credentialData(choice: CredentialChoice, path: (named: string) => string): Data {
  if (choice === 'login') return { type: 'stored-login' };
  if ('file' in choice) return { type: 'oauth-token', from: { file: path(choice.file) } };
  const type = choice.env === 'ANTHROPIC_API_KEY' ? 'api-key' : 'oauth-token';
  return { type, from: { env: choice.env } };
}

/** What is under somebody's home, or was named from the root, stays as it was said. */
function pathFrom(folder: string, cwd: string, named: string): string {
  if (isAbsolute(named) || named === '~' || named.startsWith('~/')) return named;
  const path = relative(folder, resolve(cwd, named));
  if (path === '') return '.';
  return path.startsWith('..') ? path : `./${path}`;
}

function literal(data: Data): string {
  if (typeof data === 'string') return quoted(data);
  const entries = Object.entries(data).map(([key, value]) => `${key}: ${literal(value)}`);
  return `{ ${entries.join(', ')} }`;
}

/** JSON's escapes are JavaScript's; only the quotes are others. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
