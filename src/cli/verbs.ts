import type { Verb } from './verb.ts';

type VerbGroup = 'Agents' | 'Messages' | 'What is going on' | 'Credentials' | 'The daemon' | 'Setup';

export type VerbRow = {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: VerbGroup;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
};

/** Every verb: one row here, one file in `verbs/`, loaded when it is asked for. */
export const VERBS: readonly VerbRow[] = [
  {
    name: 'start',
    aliases: [],
    group: 'Agents',
    summary: 'start the agents of a file, or stopped ones by name',
    load: () => import('./verbs/start.ts'),
  },
  {
    name: 'stop',
    aliases: [],
    group: 'Agents',
    summary: 'stop agents with everything they started',
    load: () => import('./verbs/stop.ts'),
  },
  {
    name: 'restart',
    aliases: [],
    group: 'Agents',
    summary: 'interrupt the turn, renew the process, keep the conversation',
    load: () => import('./verbs/restart.ts'),
  },
  {
    name: 'reload',
    aliases: [],
    group: 'Agents',
    summary: 'renew the process when the turn has ended',
    load: () => import('./verbs/reload.ts'),
  },
  {
    name: 'pause',
    aliases: [],
    group: 'Agents',
    summary: 'do nothing to agents that nobody asked for; they keep running',
    load: () => import('./verbs/pause.ts'),
  },
  {
    name: 'resume',
    aliases: [],
    group: 'Agents',
    summary: 'look after paused agents again',
    load: () => import('./verbs/resume.ts'),
  },
  {
    name: 'reset',
    aliases: [],
    group: 'Agents',
    summary: 'let counters, crash backoff and quiet schedule begin anew',
    load: () => import('./verbs/reset.ts'),
  },
  {
    name: 'delete',
    aliases: ['del', 'rm'],
    group: 'Agents',
    summary: 'stop agents and forget them',
    load: () => import('./verbs/delete.ts'),
  },
  {
    name: 'apply',
    aliases: [],
    group: 'Agents',
    summary: 'bring agents to what a file says, or tell what that would change',
    load: () => import('./verbs/apply.ts'),
  },
  {
    name: 'send',
    aliases: [],
    group: 'Messages',
    summary: 'give an agent a message, exactly once',
    load: () => import('./verbs/send.ts'),
  },
  {
    name: 'logs',
    aliases: [],
    group: 'Messages',
    summary: 'what an agent said and was told, as a conversation',
    load: () => import('./verbs/logs.ts'),
  },
  {
    name: 'flush',
    aliases: [],
    group: 'Messages',
    summary: 'remove the logs of ended runs',
    load: () => import('./verbs/flush.ts'),
  },
  {
    name: 'list',
    aliases: ['ls', 'l', 'ps', 'status'],
    group: 'What is going on',
    summary: 'every agent in one line',
    load: () => import('./verbs/list.ts'),
  },
  {
    name: 'monit',
    aliases: ['top', 'ui', 'dash'],
    group: 'What is going on',
    summary: 'the terminal UI: who works, who is stuck, why, and what comes next',
    load: () => import('./verbs/monit.ts'),
  },
  {
    name: 'jlist',
    aliases: [],
    group: 'What is going on',
    summary: 'every agent as JSON, as pm2 calls it: list --json',
    load: () => import('./verbs/jlist.ts'),
  },
  {
    name: 'describe',
    aliases: ['show', 'info'],
    group: 'What is going on',
    summary: 'everything about an agent, and why it is so',
    load: () => import('./verbs/describe.ts'),
  },
  {
    name: 'explain',
    aliases: [],
    group: 'What is going on',
    summary: 'in words: what is, why, what comes next, what you can do',
    load: () => import('./verbs/explain.ts'),
  },
  {
    name: 'history',
    aliases: [],
    group: 'What is going on',
    summary: 'what happened to an agent',
    load: () => import('./verbs/history.ts'),
  },
  {
    name: 'incidents',
    aliases: [],
    group: 'What is going on',
    summary: 'troubles, attempts and receipts',
    load: () => import('./verbs/incidents.ts'),
  },
  {
    name: 'events',
    aliases: [],
    group: 'What is going on',
    summary: 'what happens to all agents',
    load: () => import('./verbs/events.ts'),
  },
  {
    name: 'wait',
    aliases: [],
    group: 'What is going on',
    summary: 'wait until agents are healthy, up or down',
    load: () => import('./verbs/wait.ts'),
  },
  {
    name: 'auth',
    aliases: [],
    group: 'Credentials',
    summary: 'what agents really sign in with, and how each credential is',
    load: () => import('./verbs/auth.ts'),
  },
  {
    name: 'rotate',
    aliases: [],
    group: 'Credentials',
    summary: 'replace a secret: one agent tries it, then the others get it',
    load: () => import('./verbs/rotate.ts'),
  },
  {
    name: 'ping',
    aliases: [],
    group: 'The daemon',
    summary: 'ask whether the daemon answers',
    load: () => import('./verbs/ping.ts'),
  },
  {
    name: 'daemon',
    aliases: [],
    group: 'The daemon',
    summary: 'look at the daemon, stop, renew or run it; agents keep running',
    load: () => import('./verbs/daemon.ts'),
  },
  {
    name: 'kill',
    aliases: [],
    group: 'The daemon',
    summary: 'stop every agent and the daemon',
    load: () => import('./verbs/kill.ts'),
  },
  {
    name: 'save',
    aliases: [],
    group: 'The daemon',
    summary: 'for pm2 hands: the state is always saved',
    load: () => import('./verbs/save.ts'),
  },
  {
    name: 'resurrect',
    aliases: [],
    group: 'The daemon',
    summary: 'for pm2 hands: start the daemon, and with it what was up',
    load: () => import('./verbs/resurrect.ts'),
  },
  {
    name: 'startup',
    aliases: [],
    group: 'The daemon',
    summary: 'start the daemon with the machine: print what does it, or install it',
    load: () => import('./verbs/startup.ts'),
  },
  {
    name: 'unstartup',
    aliases: [],
    group: 'The daemon',
    summary: 'undo startup; agents and daemon go on',
    load: () => import('./verbs/unstartup.ts'),
  },
  {
    name: 'init',
    aliases: [],
    group: 'Setup',
    summary: 'write an ecosystem file by a few questions or options',
    load: () => import('./verbs/init.ts'),
  },
  {
    name: 'validate',
    aliases: [],
    group: 'Setup',
    summary: 'check an ecosystem file and change nothing',
    load: () => import('./verbs/validate.ts'),
  },
  {
    name: 'doctor',
    aliases: [],
    group: 'Setup',
    summary: 'look at all that agents stand on, and say what to do',
    load: () => import('./verbs/doctor.ts'),
  },
  {
    name: 'login',
    aliases: [],
    group: 'Credentials',
    summary: "sign in to a credential through Claude Code's own flow",
    load: () => import('./verbs/login.ts'),
  },
  {
    name: 'simulate',
    aliases: [],
    group: 'Setup',
    summary: 'compare what agentvisor and others do about outages, in virtual time',
    load: () => import('./verbs/simulate.ts'),
  },
  {
    name: 'completion',
    aliases: [],
    group: 'Setup',
    summary: 'print a script that completes verbs and agents in your shell',
    load: () => import('./verbs/completion.ts'),
  },
  {
    name: 'version',
    aliases: [],
    group: 'Setup',
    summary: 'print the version',
    load: () => import('./verbs/version.ts'),
  },
];

export const findVerb = (word: string): VerbRow | undefined =>
  VERBS.find(({ name, aliases }) => name === word || aliases.includes(word));
