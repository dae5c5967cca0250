import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Failure, StreamFact } from '../../src/kernel/facts.ts';
import type { Agent, Fleet, Message } from '../../src/kernel/fleet.ts';
import type { Gate, Incident } from '../../src/kernel/trouble.ts';
import type { Deadline } from '../../src/kernel/moment.ts';
import type { SessionPlan } from '../../src/kernel/session-plan.ts';

/** Turns a history into lines that people review: what happened, what was ordered, what has changed by it. */

const WIDTH = 10;

export const lineOf = (ms: number | null, kind: string, text: string): string =>
  `${(ms === null ? '' : seconds(ms)).padStart(WIDTH)}  ${kind.padEnd(8)}  ${text}`.trimEnd();

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

/** Ids that are derived from the tests' own names are shown as the names. */
function short(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4000-8000-[0-9a-f]{12}/g, (uuid) => {
    const name = String.fromCharCode(
      ...((uuid.slice(0, 8) + uuid.slice(9, 13)).match(/../g) ?? []).map((pair) => parseInt(pair, 16)),
    );
    const plain = name.replaceAll('\0', '');
    const tail = uuid.slice(24);
    const n = parseInt(tail.slice(8), 16);
    const delivery = n === 0 ? '' : `#${n}`;
    if (tail.startsWith('a')) return `${plain}-session-${parseInt(tail.slice(1, 8), 16)}`;
    if (tail.startsWith('b')) return `${plain}-prompt-${parseInt(tail.slice(1, 8), 16)}${delivery}`;
    return `${plain}${delivery}`;
  });
}

const words = (...parts: readonly (string | number | null | undefined | false)[]): string =>
  short(parts.filter((part) => part !== null && part !== undefined && part !== false && part !== '').join(' '));

export function eventLine(event: Event): string {
  switch (event.type) {
    case 'tick':
      return 'tick';
    case 'declared':
      return words('declared', event.spec.name, event.spec.mode);
    case 'credential-declared':
      return words('credential-declared', event.spec.name);
    case 'desired':
      return words('desired', event.agent, event.desired);
    case 'restart-asked':
      return words('restart-asked', event.agent, event.how !== 'interrupt' && event.how, event.reason);
    case 'paused':
      return words(event.paused ? 'paused' : 'resumed', event.agent);
    case 'reset-asked':
      return words('reset-asked', event.agent);
    case 'notify-declared':
      return words('notify-declared', event.file, JSON.stringify(event.channels));
    case 'credential-changed':
      return words('credential-changed', event.credential, event.fingerprint, event.byPerson && 'by a person');
    case 'rotate-asked':
      return words('rotate-asked', event.credential, `from ${event.from}`, `to ${event.to}`);
    case 'undo-asked':
      return words('undo-asked', event.credential);
    case 'rotation-found':
      return words(
        'rotation-found',
        event.rotation,
        `next ${event.next}`,
        `current ${event.current}`,
        `previous ${event.previous}`,
        event.problem,
      );
    case 'deadline-seen':
      return words('deadline-seen', event.credential, event.at === null ? 'unknown' : new Date(event.at).toISOString());
    case 'wake-time':
      return words('wake-time', event.agent);
    case 'daemon-ends':
    case 'daemon-begins':
      return event.type;
    case 'measured':
      return words(
        event.agent,
        event.run,
        'measured',
        `silent for ${seconds(event.silentMs)} s`,
        event.rssBytes !== null && `${event.rssBytes} bytes`,
        event.cpuMs !== null && `${event.cpuMs} ms used`,
      );
    case 'log-grown':
      return words(
        event.agent,
        event.run,
        `log-grown ${event.file} to ${event.bytes} bytes, ${event.liveBytes} live, ${event.allBytes} in all`,
        event.urgent && 'and the disk is full',
      );
    case 'log-cutting':
      return words(event.agent, event.run, `log-cutting ${event.file} up to ${event.upTo}`);
    case 'log-cut':
      return words(event.agent, event.run, `log-cut ${event.file} at ${event.base}`, event.problem);
    case 'log-noted':
      return words(
        event.agent,
        event.run,
        `log-noted ${event.file} ${event.what} at ${event.at}, ${event.bytes} bytes`,
      );
    case 'log-dropped':
      return words('log-dropped', event.agent, `${event.lines} lines, ${event.bytes} bytes`);
    case 'disk':
      return words('disk', event.missingBytes === 0 ? 'has room' : `is full, ${event.missingBytes} bytes are missing`);
    case 'deleted':
      return words('deleted', event.agent);
    case 'message':
      return words('message', event.agent, event.id, JSON.stringify(event.text));
    case 'heard':
      return words(event.agent, event.run, 'says', factLine(event.fact));
    case 'spawned':
      return words(event.agent, event.run, 'spawned');
    case 'pid-known':
      return words(event.agent, event.run, 'pid-known', event.pid);
    case 'spawn-failed':
      return words(event.agent, event.run, 'spawn-failed', event.detail);
    case 'exited':
      return words(
        event.agent,
        event.run,
        'exited',
        event.code === null ? 'unrecorded' : event.code,
        event.hint,
        event.detail,
      );
    case 'gone':
      return words(event.agent, event.run, 'gone', event.leftovers > 0 && `${event.leftovers} left over`);
    case 'writing':
      return words(event.agent, event.run, 'writing', event.uuid, `${event.bytes} bytes`);
    case 'written':
      return words(event.agent, event.run, 'written', event.uuid);
    case 'not-written':
      return words(event.agent, event.run, 'not-written', event.uuid, event.partial && 'cut');
    case 'state-damaged':
      return words(event.type, `runs up to ${event.lastRun}`, event.what.join('; '));
    case 'time-lost':
      return words(event.type, `${seconds(event.countedMs)} s`, `asleep ${seconds(event.asleepMs)} s`);
    case 'safe-mode':
      return words(event.type, event.on ? 'on' : 'off', event.why);
    case 'run-found':
    case 'never-spawned':
    case 'adopted':
    case 'caught-up':
      return words(event.agent, event.run, event.type);
  }
}

function factLine(fact: StreamFact): string {
  switch (fact.fact) {
    case 'initialized':
      return words('initialized', fact.tokenSource);
    case 'turn-started':
      return words('turn-started', fact.sessionId, fact.model);
    case 'accepted':
      return words('accepted', fact.uuid);
    case 'retrying':
      return words('retrying', fact.status ?? 'no answer', `attempt ${fact.attempt}`);
    case 'answered':
      return words(
        'answered',
        fact.messageId,
        fact.usedTools && 'with tools',
        fact.sidechain && 'in a subagent',
        fact.model,
      );
    case 'refused':
      return words('refused', failureText(fact.failure));
    case 'limited':
      return words('limited', fact.limit, fact.resetsAt !== null && `until ${new Date(fact.resetsAt).toISOString()}`);
    case 'turn-ended':
      return words(
        'turn-ended',
        fact.outcome,
        fact.local && 'locally',
        fact.failure && failureText(fact.failure),
        fact.totalCostUsd !== null && `${fact.totalCostUsd} USD`,
      );
    case 'other':
      return words('other', fact.what);
  }
}

const failureText = (failure: Failure): string => words(failure.kind, failure.status, failure.requestId);

export function commandLine(command: Command): string {
  switch (command.type) {
    case 'record':
      return lineOf(
        null,
        'record',
        words(command.agent, command.run, command.event, command.cause && `[${command.cause}]`, command.detail),
      );
    case 'file-incident':
      return lineOf(null, 'incident', incidentLine(command.incident));
    case 'cut-log': {
      const kept = command.wholeBytesMax > 0 ? '' : `and keep the last ${command.keepBytesMax} bytes`;
      return lineOf(null, 'command', words('cut-log', command.agent, command.run, command.file, kept));
    }
    case 'trim-logs': {
      const missing = command.missingBytes > 0 && `until ${command.missingBytes} bytes are free`;
      return lineOf(null, 'command', words('trim-logs', command.agent, command.run, missing));
    }
    case 'hold':
      return lineOf(null, 'command', words(command.hold ? 'hold' : 'let go on', command.agent, command.run));
    case 'spawn':
      return lineOf(
        null,
        'command',
        words(
          'spawn',
          command.agent,
          command.run,
          command.session && planLine(command.session),
          command.staged && 'with the new secret',
        ),
      );
    case 'deliver':
      return lineOf(
        null,
        'command',
        words('deliver', command.agent, command.run, command.uuid, JSON.stringify(command.text)),
      );
    case 'signal':
      return lineOf(null, 'command', words('signal', command.agent, command.run, command.signal));
    case 'measure':
      return lineOf(null, 'command', words('measure', command.agent, command.run));
    case 'notice':
      return lineOf(
        null,
        'notice',
        words(command.notice.id, 'to', JSON.stringify(command.channels), command.notice.text),
      );
    case 'initialize':
    case 'interrupt':
    case 'sweep':
    case 'retire-run':
      return lineOf(null, 'command', words(command.type, command.agent, command.run));
    case 'rotate-files':
      return lineOf(null, 'command', words('rotate-files', command.act, command.credential, command.rotation));
    case 'forget':
      return lineOf(null, 'command', words('forget', command.agent));
  }
}

function planLine(plan: SessionPlan): string {
  if (plan.kind === 'new') return words('new', plan.id);
  return words('resume', plan.id, plan.at !== null && `at ${plan.at}`, plan.fork !== null && `fork ${plan.fork.newId}`);
}

function incidentLine(incident: Incident): string {
  const attempts = incident.attempts
    .map(({ run, canary, outcome }) => `${run ?? '?'}${canary ? ' (canary)' : ''} ${outcome}`)
    .join(', ');
  const receipts = incident.recoveries.map(
    (receipt) =>
      `${receipt.agent}: ${receipt.failedRequestId} -> ${receipt.attempts} attempt(s) -> ${receipt.messageId}, down ${seconds(receipt.downMs)} s`,
  );
  return words(
    incident.id,
    incident.closedAt === null ? 'open' : 'closed',
    incident.mergedInto !== null && `into ${incident.mergedInto}`,
    `${incident.scope}:${incident.key}`,
    `[${incident.cause}]`,
    `in it: ${incident.open.join(' ') || 'nobody'};`,
    `attempts: ${attempts || 'none'}${receipts.length > 0 ? ';' : ''}`,
    receipts.length > 0 && `receipts: ${receipts.join('; ')}`,
  );
}

function gateLine(key: string, gate: Gate, due: (deadline: Deadline) => string): string {
  return words(
    `gate ${key}:`,
    gate.canary === null ? 'nobody tries' : `${gate.canary} tries`,
    gate.until !== null && `until ${due(gate.until)}`,
    gate.next !== null && `next ${due(gate.next)}`,
    gate.held && 'held',
    gate.renewed && 'renewed',
  );
}

/** One line for each aspect of each agent that is not what it was. */
export function changesOf(before: Fleet, after: Fleet, when: (deadline: Deadline) => number): readonly string[] {
  return [...agentChanges(before, after, when), ...gateChanges(before, after, when), ...rotationChanges(before, after)];
}

/** How far the replacement of each secret has come. */
function rotationChanges(before: Fleet, after: Fleet): readonly string[] {
  return Object.entries(after.ledger).flatMap(([credential, { rotation, roll }]) => {
    const was = before.ledger[credential];
    const seen = was?.rotation?.id === rotation?.id ? (was?.rotation?.steps.length ?? 0) : 0;
    const steps = rotation?.steps.slice(seen) ?? [];
    const isMoved = rotation !== null && was?.rotation?.stage !== rotation.stage;
    const isRolled = roll === null && (was?.roll ?? null) !== null;
    return [
      ...steps.map(({ step, agent, detail }) => lineOf(null, '  =', words(rotation?.id, step, agent, detail))),
      ...(isMoved ? [lineOf(null, '  =', words(rotation.id, 'is', rotation.stage))] : []),
      ...(isRolled ? [lineOf(null, '  =', words(credential, 'is with all who can have it'))] : []),
    ];
  });
}

/** Who tries at which time, for each credential of an incident. */
function gateChanges(before: Fleet, after: Fleet, when: (deadline: Deadline) => number): readonly string[] {
  const due = (deadline: Deadline): string => `at ${seconds(when(deadline))}`;
  return Object.values(after.incidents).flatMap((incident) =>
    Object.entries(incident.gates).flatMap(([key, gate]) => {
      const was = before.incidents[incident.id]?.gates[key];
      const line = gateLine(key, gate, due);
      return was !== undefined && gateLine(key, was, due) === line
        ? []
        : [lineOf(null, '  =', words(incident.id, line))];
    }),
  );
}

function agentChanges(before: Fleet, after: Fleet, when: (deadline: Deadline) => number): readonly string[] {
  const names = [...new Set([...Object.keys(before.agents), ...Object.keys(after.agents)])];
  return names.flatMap((name) => {
    const was = before.agents[name];
    const is = after.agents[name];
    const show = (agent: Agent | undefined): readonly string[] =>
      agent === undefined ? ['not there'] : aspects(agent, when);
    const old = show(was);
    return show(is).flatMap((aspect, index) =>
      old[index] === aspect ? [] : [lineOf(null, '  =', words(name, aspect))],
    );
  });
}

function aspects(agent: Agent, when: (deadline: Deadline) => number): readonly string[] {
  const due = (deadline: Deadline): string =>
    `${deadline.clock === 'wall' ? 'by the wall clock ' : ''}at ${seconds(when(deadline))}`;
  const { recovery, patience, session, turn } = agent;
  return [
    words('is', stateText(agent, due), '|', agent.health),
    recovery === null
      ? 'has no trouble'
      : words(
          `recovery ${recovery.stage} in ${recovery.incident}, ${recovery.attempts} attempt(s)`,
          recovery.next && `next ${due(recovery.next)}`,
        ),
    patience?.until ? words('patience until', due(patience.until)) : 'no patience',
    words(
      'session',
      session.id,
      session.begun ? 'begun' : 'not begun',
      session.tail,
      session.lastGood && `good until ${session.lastGood}`,
      session.mended !== 'no' && session.mended,
    ),
    turn === null
      ? 'in no turn'
      : words(
          'in turn',
          turn.uuid ?? 'of its own',
          turn.accepted ? 'accepted' : 'unsure',
          turn.answered && 'answered',
          turn.usedTools && 'used tools',
        ),
    words('queue', agent.queue.map(messageText).join(', ') || 'empty'),
    words('finished', agent.finished.map(messageText).join(', ') || 'nothing'),
  ];
}

function stateText(agent: Agent, due: (deadline: Deadline) => string): string {
  const { state } = agent;
  switch (state.at) {
    case 'stopped':
      return words('stopped', state.ended && 'by its policy');
    case 'running':
      return words('running', state.run.catchingUp && 'and catching up');
    case 'starting':
      return words('starting', state.run.catchingUp && 'and catching up', 'until', due(state.deadline));
    case 'stopping':
      return words('stopping', state.stage, `[${state.cause}]`, 'until', due(state.deadline));
    case 'waiting':
    case 'errored':
      return words(state.at, `[${state.cause}]`, 'until', due(state.deadline));
  }
}

const messageText = (message: Message): string =>
  words(
    message.id,
    message.state,
    message.badDeliveries > 0 && `(${message.badDeliveries} bad)`,
    message.state === 'failed' && `[${message.cause}]`,
  );
