import type { SessionPlan } from '../kernel/session-plan.ts';
import type { AgentSpec } from '../kernel/spec.ts';

/** A stream agent: one process, many turns, every accepted message echoed. */
const STREAM_FLAGS = [
  '-p',
  '--input-format',
  'stream-json',
  '--output-format',
  'stream-json',
  '--verbose',
  '--replay-user-messages',
] as const;

/** The operator's own arguments come last, so that an option of theirs that takes a list swallows none of ours. */
export function agentArgv(spec: AgentSpec, session: SessionPlan): string[] {
  const { bin, model, args } = spec.claude;
  return [bin, ...STREAM_FLAGS, ...sessionFlags(session), ...(model === null ? [] : ['--model', model]), ...args];
}

/** `--session-id` beside `--resume` is refused without `--fork-session`; with it the copy gets that id (measured). */
function sessionFlags(session: SessionPlan): readonly string[] {
  switch (session.kind) {
    case 'new':
      return ['--session-id', session.id];
    case 'resume':
      return [
        '--resume',
        session.id,
        ...(session.at === null ? [] : ['--resume-session-at', session.at]),
        ...(session.fork === null ? [] : ['--fork-session', '--session-id', session.fork.newId]),
      ];
  }
}
