import type { CredentialRow, CredentialVerdict } from '../../protocol/auth-rows.ts';
import type { IncidentRow } from '../../protocol/rows.ts';
import { ageSince } from '../../wording/ages.ts';
import { endWords } from '../../wording/credential-lines.ts';
import { receiptLine } from '../../wording/incident-lines.ts';
import type { Tone } from '../line.ts';
import type { Model } from '../model.ts';
import type { Column } from '../table.ts';
import { ageAt, clockTime } from '../times.ts';
import { progressOf, reachOf } from './incident-words.ts';

/** What gives way first is the receipt, then the scope, the attempts and when it opened; which, why, who and how far stay. */
export function incidentColumns({ now, fleet }: Model): readonly Column<IncidentRow>[] {
  const agents = fleet?.agents ?? [];
  return [
    { title: 'ID', cell: ({ id }) => id },
    { title: 'CAUSE', shortest: 9, cell: ({ cause }) => cause },
    {
      title: 'STATE',
      // The day and the time of an attempt stand at its end.
      shortest: 20,
      cell: (incident) => progressOf(incident, agents, now).text,
      tone: (incident) => progressOf(incident, agents, now).tone,
    },
    { title: 'AGENTS', shortest: 12, cell: ({ agents: names }) => namesCell(names) },
    { title: 'OPENED', yields: 4, cell: ({ openedAt }) => `${ageAt(openedAt, now)} ${clockTime(openedAt, now)}` },
    { title: 'TRIES', yields: 3, align: 'right', cell: ({ attempts }) => String(attempts.length) },
    { title: 'SCOPE', yields: 2, shortest: 14, cell: reachOf },
    {
      title: 'RECEIPT',
      yields: 1,
      shortest: 24,
      cell: ({ receipt }) => (receipt === null ? '' : receiptLine(receipt)),
    },
  ];
}

const namesCell = (names: readonly string[]): string => `${names.length}: ${names.join(', ')}`;

const VERDICT_TONES: Readonly<Record<CredentialVerdict, Tone>> = {
  works: 'good',
  unproven: 'warn',
  expiring: 'warn',
  capped: 'warn',
  'session incident': 'bad',
  window: 'bad',
  incident: 'bad',
  dead: 'bad',
};

/** What gives way first is where it comes from, then the last good answer and the incidents. */
export function credentialColumns({ now }: Model): readonly Column<CredentialRow>[] {
  return [
    { title: 'CREDENTIAL', shortest: 10, cell: ({ name }) => name },
    { title: 'VERDICT', cell: ({ verdict }) => verdict, tone: ({ verdict }) => VERDICT_TONES[verdict] },
    { title: 'ENDS', cell: ({ endsAt }) => (endsAt === null ? '-' : endWords(endsAt, now)) },
    { title: 'ROTATION', yields: 4, shortest: 8, cell: rotationCell },
    { title: 'AGENTS', shortest: 6, cell: ({ agents }) => namesCell(agents) },
    { title: 'INCIDENTS', yields: 3, cell: ({ incidents }) => incidents.join(', ') },
    { title: 'GOOD', yields: 2, align: 'right', cell: ({ lastGood }) => ageSince(lastGood?.at ?? null, now) },
    { title: 'FROM', yields: 1, shortest: 12, cell: ({ source }) => source },
  ];
}

function rotationCell({ rotation }: CredentialRow): string {
  if (rotation === null) return '';
  const { stage, unproven, over } = rotation;
  const who = unproven.length === 0 ? '' : `, ${unproven.length} unproven`;
  return `${over ? 'in place' : stage}${who}`;
}
