import { COMMANDS } from '../src/tui/commands.ts';
import { COMMON_KEYS } from '../src/tui/common-keys.ts';
import { SIZE_MIN } from '../src/tui/frame.ts';
import { kindOf } from '../src/tui/kinds.ts';
import type { View } from '../src/tui/model.ts';
import { FRAME_MS_MIN } from '../src/tui/painter.ts';
import { agentView } from '../src/tui/views/agent.ts';
import { fleetView } from '../src/tui/views/fleet.ts';
import { keyName } from '../src/tui/views/help.ts';
import { incidentsView } from '../src/tui/views/incidents.ts';
import { logsView } from '../src/tui/views/logs.ts';
import { GENERATED, markdownTable } from './table.ts';

type Keys = readonly { readonly keys: readonly string[]; readonly does: string }[];

const keyTable = (keymap: Keys): string =>
  markdownTable(
    ['key', 'what it does'],
    keymap.map(({ keys, does }) => [keys.map((key) => `\`${keyName(key)}\``).join(' '), does]),
  );

const keysOf = (view: View): string => keyTable(kindOf<View>(view).keymap);

const command = ({ usage, aliases, does }: (typeof COMMANDS)[number]): readonly string[] => [
  `\`${usage}\``,
  aliases.map((alias) => `\`${alias}\``).join(' '),
  does,
];

const SCREEN = `# The terminal UI

\`agentvisor monit\` (also \`top\`, \`ui\`, \`dash\`, and \`start FILE --attach\`) shows the fleet on one screen, for a person who
comes back after a night and for one who watches over ssh. The daemon pushes what changes; nothing is polled, and leaving it
leaves the agents running.

![agents, those in trouble first](screenshots/fleet.svg)

## What the first screen says

- **Top.** The daemon and how the agents are, the worst first; then the open incidents with the time of the next attempt, the
  credentials in trouble and what is degraded; then one line that says what *you* should do, or that there is nothing to do.
- **Table.** Those that need a person come first, then those that are stuck, limited, on their way, well, stopped. \`LAST GOOD\`
  is the age and the time of the last turn that was answered. \`NEXT\` counts down to what is planned: \`try\` is the next attempt
  of an incident, \`start\` the next start after crashes, \`resets\` the end of a usage limit. \`CREDENTIAL\` is its name, the
  fingerprint of the secret and how many agents share that. A cost in brackets is what a subscription would have cost. On a
  narrow terminal columns give way; name, state, health, last good turn and next attempt stay. A sign at the
  edge says that there are more agents above or below. When nobody has pressed a key for five minutes the table goes back to
  those in trouble.
- **Below.** What happened last, and of the chosen agent in words: what is, why, what comes next, what you could do.`;

const keys = (): string => `## Keys

Everywhere, unless a view has another use for it:

${keyTable(COMMON_KEYS)}

Agents:

${keysOf(fleetView)}

![one agent: why, its last day, its restarts](screenshots/agent.svg)

One agent:

${keysOf(agentView('name'))}

![incidents and credentials](screenshots/incidents.svg)

Incidents and credentials:

${keysOf(incidentsView())}

![the conversation of an agent](screenshots/logs.svg)

Conversation:

${keysOf(logsView('name'))}`;

const commands = (): string => `## Commands

Behind \`:\`, with completion by Tab. Targets are names, globs, \`all\` and \`namespace:NS\`, as on the command line; without one the
chosen agent is meant.

${markdownTable(['command', 'aliases', 'what it does'], COMMANDS.map(command))}

What destroys (\`X\`, \`delete\`) and what ends the work of many agents at once asks first; only \`y\` is a yes.`;

const MANNERS = `## Manners

- It needs ${SIZE_MIN.columns} columns and ${SIZE_MIN.rows} rows, uses the alternate screen, and gives the terminal back as it was, whatever ends it
  (but a \`kill -9\`, after which \`reset\` helps).
- \`NO_COLOR\` is honoured, every colour says only what a word says, too, and the sixteen colours of your own theme are used. Where
  the locale has no UTF-8, only ASCII is drawn.
- What agents wrote is shown without anything that could move the cursor, rename the window or turn text around, and without
  credentials.
- At most ${1000 / FRAME_MS_MIN} frames a second are drawn, and none while nothing looks different.
- A daemon that goes away is said at the top; the screen goes on by itself when it is back. Without a daemon it shows what the
  files say.
- \`--readonly\` changes nothing, whatever is pressed.
- Without a terminal (\`agentvisor monit | cat\`, cron) it prints the same once as text; \`--json\` prints it as JSON: \`agents\` (the row
  of \`list --json\`, the explanation, when the turn began), open \`incidents\`, \`credentials\`, \`status\`. The exit code is 3 when no daemon runs.
`;

export const terminalUiPage = (): string => [GENERATED, SCREEN, keys(), commands(), MANNERS].join('\n\n');
