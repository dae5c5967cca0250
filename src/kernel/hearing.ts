import { put, type Draft } from './draft.ts';
import type { StreamFact } from './facts.ts';
import { runOf, type Agent, type Run } from './fleet.ts';
import { checkSource } from './declared-source.ts';
import { escalate } from './lifecycle.ts';
import { becomeReady } from './processes.ts';
import {
  onAccepted,
  onAnswered,
  onLimited,
  onRefused,
  onRetrying,
  onTurnEnded,
  onTurnStarted,
  type Heard,
} from './turns.ts';

/** What an agent's output says. Nothing is heard twice: the cursor of the run moves with each fact. */
export function onHeard(draft: Draft, heard: Agent, how: Heard, fact: StreamFact): void {
  const before = runOf(heard.state);
  const { offset, late } = how;
  if (before === null || offset <= before.cursor || !('run' in heard.state)) return;
  const run = { ...before, cursor: offset };
  const agent = put(draft, { ...heard, state: { ...heard.state, run } });
  switch (fact.fact) {
    case 'initialized':
      onInitialized(draft, agent, fact.tokenSource);
      return;
    case 'turn-started': {
      const { apiKeySource } = fact;
      const confirmed: Run = { ...run, apiKeySource };
      const begun = onTurnStarted(draft, { ...agent, state: { ...heard.state, run: confirmed } }, confirmed, fact);
      // Said once in a run, it is known.
      if (apiKeySource !== before.apiKeySource) checkSource(draft, begun, late);
      return;
    }
    case 'accepted':
      onAccepted(draft, agent, run, fact.uuid);
      return;
    case 'retrying':
      onRetrying(draft, agent, run, fact);
      return;
    case 'answered':
      onAnswered(draft, agent, run, fact, late);
      return;
    case 'refused':
      onRefused(draft, agent, run, fact.failure);
      return;
    case 'limited':
      onLimited(draft, agent, run, fact.resetsAt);
      return;
    case 'turn-ended': {
      // Claude Code prints a result for a conversation that it cannot open; its exit tells more.
      if (agent.state.at === 'starting') return;
      const ended = onTurnEnded(draft, agent, run, how, fact);
      const state = ended.state;
      // The interrupt has had its effect: the process may go.
      if (state.at === 'stopping' && state.stage === 'interrupting') escalate(draft, ended, state);
      return;
    }
    case 'other':
      return;
  }
}

function onInitialized(draft: Draft, agent: Agent, tokenSource: string | null): void {
  if (agent.state.at !== 'starting') return;
  const detail = tokenSource === null ? '' : `credential from ${tokenSource}`;
  const ready = becomeReady(draft, agent, { ...agent.state.run, tokenSource }, detail);
  checkSource(draft, ready, false);
}
