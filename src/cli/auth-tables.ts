import type { AuthFinding, AuthReport, CredentialRow, CredentialVerdict, SignInRow } from '../protocol/auth-rows.ts';
import { ageSince, leftOf } from '../wording/ages.ts';
import { rotationLines } from '../wording/credential-lines.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import type { Terminal } from '../wording/terminal.ts';
import { wrap } from '../wording/wrap.ts';

type Cell<Row> = Column & { readonly cell: (row: Row, now: number) => string };

/** What yields on a narrow terminal goes first where `yields` is lowest. */
const CREDENTIALS: readonly Cell<CredentialRow>[] = [
  { title: 'CREDENTIAL', align: 'left', shortest: 8, cell: ({ name }) => name },
  { title: 'VERDICT', align: 'left', cell: ({ verdict }) => verdict },
  { title: 'ENDS', align: 'right', cell: ({ endsAt }, now) => endCell(endsAt, now) },
  { title: 'GOOD', align: 'right', cell: ({ lastGood }, now) => ageSince(lastGood?.at ?? null, now) },
  { title: 'BY', align: 'left', yields: 4, cell: ({ lastGood }) => lastGood?.agent ?? '-' },
  { title: 'AGENTS', align: 'right', yields: 5, cell: ({ agents }) => String(agents.length) },
  { title: 'SECRET', align: 'left', yields: 3, cell: ({ fingerprint }) => fingerprint ?? '-' },
  { title: 'TYPE', align: 'left', yields: 2, cell: ({ type }) => type },
  { title: 'FROM', align: 'left', yields: 1, cell: ({ source }) => source },
];

const AGENTS: readonly Cell<SignInRow>[] = [
  { title: 'AGENT', align: 'left', shortest: 8, cell: ({ name }) => name },
  { title: 'USES', align: 'left', cell: ({ source }) => source?.name ?? 'nothing' },
  { title: 'DECLARED', align: 'left', cell: ({ isDeclared }) => answer(isDeclared) },
  { title: 'HEARD', align: 'left', yields: 5, cell: heardCell },
  { title: 'CRED', align: 'left', yields: 4, cell: ({ credential }) => credential ?? '-' },
  { title: 'SECRET', align: 'left', yields: 3, cell: ({ source }) => source?.fingerprint ?? '-' },
  { title: 'SEEN IN', align: 'left', yields: 2, cell: ({ seenIn }) => seenIn },
  { title: 'FROM', align: 'left', yields: 1, cell: ({ source }) => source?.where ?? '-' },
];

const RED = 31;
const GREEN = 32;
const YELLOW = 33;

const COLOURS: Readonly<Record<CredentialVerdict, number>> = {
  works: GREEN,
  unproven: YELLOW,
  expiring: YELLOW,
  capped: YELLOW,
  'session incident': RED,
  window: RED,
  incident: RED,
  dead: RED,
};

/** For people: how credentials are, who uses what, and below what is to be done. */
export function authText({ credentials, agents, findings }: AuthReport, now: number, terminal: Terminal): string {
  const { width } = terminal;
  const notes = [
    ...credentials.flatMap(rotationLines),
    ...agents.flatMap((agent) => otherSource(agent, findings)),
    ...findings.flatMap(findingLines),
  ];
  const parts = [
    credentials.length === 0
      ? ['no credential is declared']
      : shown(CREDENTIALS, credentials, now, terminal, ({ title }, { verdict }) =>
          title === 'VERDICT' ? COLOURS[verdict] : null,
        ),
    agents.length === 0
      ? []
      : shown(AGENTS, agents, now, terminal, ({ title }, { isDeclared, confirmed }) =>
          (title === 'DECLARED' && isDeclared === false) || (title === 'HEARD' && confirmed === false) ? RED : null,
        ),
    notes.map((line) => wrap(line, width, HANG)),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const HANG = 4;

function shown<Row>(
  columns: readonly Cell<Row>[],
  rows: readonly Row[],
  now: number,
  { width, ellipsis, colour }: Terminal,
  colourOf: (column: Column, row: Row) => number | null,
): readonly string[] {
  const paint = (cell: string, at: number, column: Column): string => {
    const row = rows[at];
    const code = row === undefined ? null : colourOf(column, row);
    return code === null ? cell : `\u001b[${code}m${cell}\u001b[0m`;
  };
  const [head = '', ...lines] = table(
    columns,
    rows.map((row) => columns.map(({ cell }) => cell(row, now))),
    { width, ellipsis, ...(colour ? { paint } : {}) },
  );
  return [colour ? `\u001b[1m${head}\u001b[0m` : head, ...lines];
}

function endCell(endsAt: string | null, now: number): string {
  if (endsAt === null) return '-';
  const leftMs = Date.parse(endsAt) - now;
  return leftMs <= 0 ? 'ended' : leftOf(leftMs);
}

const answer = (is: boolean | null): string => (is === null ? '-' : is ? 'yes' : 'no');

type Heard = Pick<SignInRow, 'confirmed' | 'tokenSource' | 'apiKeySource'>;

/** What its process itself has called its source, where that is another one; else whether it has called it at all. */
function heardCell({ confirmed, tokenSource, apiKeySource }: Heard): string {
  if (confirmed !== false) return answer(confirmed);
  return [tokenSource, apiKeySource].filter((word) => word !== null && word !== 'none').join(' ') || 'no';
}

/** What no finding tells: it is in the process alone, or only the process itself knows it. */
function otherSource(agent: SignInRow, findings: readonly AuthFinding[]): readonly string[] {
  const { name, credential, isDeclared, source, confirmed } = agent;
  const isTold = findings.some(({ about }) => about === `agent ${name}`);
  if (isDeclared === false && source !== null && !isTold)
    return [`warning: agent ${name}: ${source.where} wins over the credential ${credential}`, RESTART(name)];
  if (confirmed === false && isDeclared === true)
    return [
      `warning: agent ${name}: Claude Code says that it uses ${heardCell(agent)}, not the credential ${credential}`,
      RESTART(name),
    ];
  return [];
}

const RESTART = (name: string): string => `  -> when the declaration is right: agentvisor restart ${name}`;

const findingLines = ({ level, about, found, todo }: AuthFinding): readonly string[] => [
  `${level}: ${about}: ${found}`,
  ...(todo === '' ? [] : [`  -> ${todo}`]),
];
