import type { RestartHow } from '../kernel/events.ts';
import type { Action } from './action.ts';
import { SORTS } from './chosen.ts';
import type { SortBy } from './model.ts';

/** What a line behind `:` asks for. */
export type Asked =
  | { readonly ask: 'act'; readonly action: Action }
  | { readonly ask: 'open'; readonly view: 'agent'; readonly name: string }
  | { readonly ask: 'open'; readonly view: 'logs'; readonly name: string }
  | { readonly ask: 'open'; readonly view: 'fleet' | 'incidents' | 'help' }
  | { readonly ask: 'filter'; readonly text: string }
  | { readonly ask: 'namespace'; readonly name: string | null }
  | { readonly ask: 'sort'; readonly by: SortBy }
  | { readonly ask: 'quit' }
  | { readonly ask: 'wrong'; readonly why: string };

type Command = {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly usage: string;
  readonly does: string;
  /** What its arguments are, for completion. */
  readonly takes: 'agents' | 'agent' | 'namespace' | 'sort' | 'text' | 'nothing';
};

/** The verbs are those of the command line, with its aliases. */
export const COMMANDS: readonly Command[] = [
  { name: 'start', aliases: [], usage: 'start TARGET...', does: 'start stopped agents', takes: 'agents' },
  {
    name: 'stop',
    aliases: [],
    usage: 'stop TARGET...',
    does: 'stop agents with everything they started',
    takes: 'agents',
  },
  {
    name: 'restart',
    aliases: [],
    usage: 'restart [--now] TARGET...',
    does: 'interrupt the turn, renew the process, keep the conversation',
    takes: 'agents',
  },
  {
    name: 'reload',
    aliases: [],
    usage: 'reload TARGET...',
    does: 'renew the process when the turn has ended',
    takes: 'agents',
  },
  {
    name: 'pause',
    aliases: [],
    usage: 'pause TARGET...',
    does: 'make no decision for them; they keep running',
    takes: 'agents',
  },
  { name: 'resume', aliases: [], usage: 'resume TARGET...', does: 'look after paused agents again', takes: 'agents' },
  { name: 'reset', aliases: [], usage: 'reset TARGET...', does: 'counters and schedules begin anew', takes: 'agents' },
  {
    name: 'delete',
    aliases: ['del', 'rm'],
    usage: 'delete TARGET...',
    does: 'stop agents and forget them',
    takes: 'agents',
  },
  { name: 'send', aliases: [], usage: 'send NAME TEXT', does: 'give an agent a message', takes: 'agent' },
  {
    name: 'describe',
    aliases: ['show', 'info', 'explain', 'history'],
    usage: 'describe NAME',
    does: 'everything about an agent',
    takes: 'agent',
  },
  { name: 'logs', aliases: [], usage: 'logs NAME', does: 'its conversation', takes: 'agent' },
  { name: 'list', aliases: ['ls', 'l', 'ps', 'agents'], usage: 'list', does: 'all agents', takes: 'nothing' },
  { name: 'incidents', aliases: ['auth'], usage: 'incidents', does: 'incidents and credentials', takes: 'nothing' },
  {
    name: 'filter',
    aliases: [],
    usage: 'filter [TEXT]',
    does: 'only agents in whose row these words stand',
    takes: 'text',
  },
  {
    name: 'namespace',
    aliases: ['ns'],
    usage: 'namespace [NS]',
    does: 'only agents of a namespace',
    takes: 'namespace',
  },
  { name: 'sort', aliases: [], usage: `sort ${SORTS.join('|')}`, does: 'the order of the agents', takes: 'sort' },
  { name: 'help', aliases: ['?'], usage: 'help', does: 'all keys and commands', takes: 'nothing' },
  { name: 'quit', aliases: ['q', 'exit'], usage: 'quit', does: 'leave; the agents keep running', takes: 'nothing' },
];

const find = (word: string): Command | undefined =>
  COMMANDS.find(({ name, aliases }) => name === word || aliases.includes(word));

/**
 * What a typed line asks for. An agent that is not named is the chosen one; targets are left for the daemon to know.
 *
 * @param chosen the name of the agent that is selected, null when there is none.
 */
export function parseCommand(text: string, chosen: string | null): Asked {
  const [word = '', ...args] = text.trim().split(/\s+/);
  const command = find(word);
  if (command === undefined) return wrong(`There is no command "${word}"; ? lists them.`);
  const surplus = args[0] !== undefined && command.takes === 'nothing';
  if (surplus) return wrong(`${command.name} takes nothing: ${command.usage}`);
  return ASKS[command.takes](command, args, text, chosen);
}

type Parse = (command: Command, args: readonly string[], text: string, chosen: string | null) => Asked;

const ASKS: Readonly<Record<Command['takes'], Parse>> = {
  agents: (command, args, _text, chosen) => actOn(command, args, chosen),
  agent: aboutOne,
  namespace: (_command, [name]) => ({ ask: 'namespace', name: name === undefined || name === 'all' ? null : name }),
  sort: (command, [word]) => {
    const by = SORTS.find((each) => each === word);
    return by === undefined ? wrong(`Usage: ${command.usage}`) : { ask: 'sort', by };
  },
  text: (_command, args) => ({ ask: 'filter', text: args.join(' ') }),
  nothing: ({ name }) => {
    if (name === 'quit') return { ask: 'quit' };
    return { ask: 'open', view: name === 'incidents' ? 'incidents' : name === 'help' ? 'help' : 'fleet' };
  },
};

function actOn({ name, usage }: Command, args: readonly string[], chosen: string | null): Asked {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const named = args.filter((arg) => !arg.startsWith('-'));
  const targets = named.length === 0 && chosen !== null ? [chosen] : named;
  if (targets.length === 0) return wrong(`Which agents? ${usage}`);
  if (flags.some((flag) => flag !== '--now') || (flags.length > 0 && name !== 'restart'))
    return wrong(`Usage: ${usage}`);
  switch (name) {
    case 'restart':
    case 'reload': {
      const how: RestartHow = name === 'reload' ? 'after-turn' : flags.length > 0 ? 'now' : 'interrupt';
      return { ask: 'act', action: { verb: 'restart', targets, how } };
    }
    case 'start':
    case 'stop':
    case 'pause':
    case 'resume':
    case 'reset':
    case 'delete':
      return { ask: 'act', action: { verb: name, targets } };
    default:
      return wrong(`Usage: ${usage}`);
  }
}

function aboutOne({ name, usage }: Command, args: readonly string[], text: string, chosen: string | null): Asked {
  const [agent = chosen] = args;
  if (agent === null) return wrong(`Which agent? ${usage}`);
  if (name !== 'send') return { ask: 'open', view: name === 'logs' ? 'logs' : 'agent', name: agent };
  // Blanks inside the message are its own.
  const message = text.trim().replace(/^\S+\s+\S+\s*/, '');
  if (args.length < 2 || message === '') return wrong(`What shall be sent? ${usage}`);
  return { ask: 'act', action: { verb: 'send', targets: [agent], text: message } };
}

const wrong = (why: string): Asked => ({ ask: 'wrong', why });

/** What the word under the cursor could become, best first. */
export function completions(
  text: string,
  known: { readonly agents: readonly string[]; readonly namespaces: readonly string[] },
): readonly string[] {
  const words = text.trimStart().split(/\s+/);
  const begun = words.at(-1) ?? '';
  const from = (all: readonly string[]): readonly string[] => all.filter((word) => word.startsWith(begun));
  if (words.length <= 1) return from(COMMANDS.map(({ name }) => name));
  const command = find(words[0] ?? '');
  switch (command?.takes) {
    case 'agents':
      return from([...known.agents, 'all', ...known.namespaces.map((name) => `namespace:${name}`)]);
    case 'agent':
      return words.length === 2 ? from(known.agents) : [];
    case 'namespace':
      return from([...known.namespaces, 'all']);
    case 'sort':
      return from(SORTS);
    case 'text':
    case 'nothing':
    case undefined:
      return [];
  }
}

/** The text with its last word completed as far as all candidates agree, and a blank when there is one only. */
export function completed(text: string, candidates: readonly string[]): string {
  const [first] = candidates;
  if (first === undefined) return text;
  const common = candidates.reduce((prefix, word) => {
    let length = 0;
    while (length < prefix.length && prefix[length] === word[length]) length += 1;
    return prefix.slice(0, length);
  }, first);
  const before = text.slice(0, text.length - (text.split(/\s+/).at(-1) ?? '').length);
  return `${before}${common}${candidates.length === 1 ? ' ' : ''}`;
}
