/**
 * Mistakes that somebody could make in the kernel, each with the tests that must notice it: a proof is worth what it would
 * not let through.
 */
export type Mutation = {
  readonly name: string;
  /** Below src/kernel. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
  /** Below test/kernel. */
  readonly killedBy: readonly string[];
};

const POLICY = ['policy.test.ts'];
const RECOVERY = ['recovery.properties.test.ts'];
const PROPERTIES = ['properties.test.ts'];
const ROTATION = ['rotation.properties.test.ts'];
const CORNERS = ['rotation.corners.test.ts'];
const FALLBACK = ['fallback.scenarios.test.ts'];
const WINDOW = ['window.properties.test.ts'];

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'drop the jitter',
    file: 'delay.ts',
    from: '1 + policy.jitter * (2 * roll - 1)',
    to: '1',
    killedBy: POLICY,
  },
  {
    name: 'drop the bounds of a delay',
    file: 'delay.ts',
    from: 'Math.min(policy.delayMsMax, Math.max(policy.delayMsMin, Math.round(delayMs * factor)))',
    to: 'Math.round(delayMs * factor)',
    killedBy: ['schedules.test.ts'],
  },
  {
    name: 'ignore the RunId',
    file: 'processes.ts',
    from: 'runOf(agent.state)?.id !== event.run || ',
    to: '',
    killedBy: PROPERTIES,
  },
  {
    name: 'close an incident without an answer',
    file: 'membership.ts',
    from: 'const isClosed = open.length === 0;',
    to: 'const isClosed = open.length <= 1;',
    killedBy: RECOVERY,
  },
  {
    name: 'believe the answer of a process that is being replaced',
    file: 'turns.ts',
    from: "const isEnding = agent.state.at === 'stopping';",
    to: 'const isEnding = false;',
    killedBy: ['watches.scenarios.test.ts'],
  },
  {
    name: 'skip the cookie: no sweep behind a process that has ended',
    file: 'lifecycle.ts',
    from: "  draft.commands.push({ type: 'sweep', agent: agent.spec.name, run: run.id });\n  const deadline",
    to: '  const deadline',
    killedBy: ['lifecycle.scenarios.test.ts'],
  },
  {
    name: 'forget the offset check',
    file: 'hearing.ts',
    from: 'offset <= before.cursor || ',
    to: '',
    killedBy: PROPERTIES,
  },
  {
    name: 'let all who wait try as canaries',
    file: 'drive-gates.ts',
    from: 'if (elected !== null) attempt(draft, elected, true);',
    to: `if (elected !== null)
    for (const waiter of waitersOf(draft, must(draft.incidents[id], ''), key)) attempt(draft, waiter, true);`,
    killedBy: WINDOW,
  },
  {
    name: 'let a canary keep its turn for ever',
    file: 'drive-gates.ts',
    from: 'isDue(until, draft.moment)',
    to: 'false',
    killedBy: PROPERTIES,
  },
  {
    name: 'do not stagger those who follow',
    file: 'gates.ts',
    from: '(index + 1) * FOLLOW_MS',
    to: 'FOLLOW_MS',
    killedBy: POLICY,
  },
  {
    name: 'correlate what was said while nobody listened',
    file: 'verdict.ts',
    from: '  if (seen.late) return SESSION;\n',
    to: '',
    killedBy: POLICY,
  },
  {
    name: 'call ten minutes together',
    file: 'verdict.ts',
    from: 'TOGETHER_MS = 60_000',
    to: 'TOGETHER_MS = 600_000',
    killedBy: POLICY,
  },
  {
    name: "ignore a sibling's answer",
    file: 'verdict.ts',
    from: '  if (siblingAnswered(draft, agent, since)) return SESSION;\n',
    to: '',
    killedBy: POLICY,
  },
  {
    name: 'hold for a credential without the first restart',
    file: 'plans.ts',
    from: '  if (!isFresh) return planned;\n',
    to: '',
    killedBy: POLICY,
  },
  {
    name: 'let the slow canary try every minute',
    file: 'quiet.ts',
    from: 'SLOW_ATTEMPT_MS = 30 * 60_000',
    to: 'SLOW_ATTEMPT_MS = 60_000',
    killedBy: POLICY,
  },
  {
    name: 'begin the schedule anew at a limit',
    file: 'limits.ts',
    from: '  handOver(draft, agent, incident, recovery.gate);\n  const tier',
    to: `  const gates = { ...incident.gates };
  gates[recovery.gate] = { ...gates[recovery.gate], delayMs: 0 };
  handOver(draft, agent, (draft.incidents[incident.id] = { ...incident, gates }), recovery.gate);
  const tier`,
    killedBy: POLICY,
  },
  {
    name: 'let the answer of an old process open the gate',
    file: 'recovery.ts',
    from: '(closedAt !== null && isLater(run.startedAt, closedAt))',
    to: 'closedAt !== null',
    killedBy: RECOVERY,
  },
  {
    name: 'renew an idle agent in a window',
    file: 'idle.ts',
    from: ' && !isInWideTrouble(fleet, agent)',
    to: '',
    killedBy: POLICY,
  },
  {
    name: 'delay attempt 0',
    file: 'gates.ts',
    from: 'gate.renewed || (gate.attempts === 0 && !gate.held)',
    to: 'gate.renewed',
    killedBy: POLICY,
  },
  {
    name: 'let another plan take the place of one that stands',
    file: 'gates.ts',
    from: '  if (isPlanned) {\n    if',
    to: '  if (false) {\n    if',
    killedBy: [...RECOVERY, ...WINDOW],
  },
  {
    name: 'count a rejection against the message',
    file: 'turns.ts',
    from: "const isBad = action === 'none' || action === 'fresh';",
    to: 'const isBad = true;',
    killedBy: POLICY,
  },
  {
    name: 'deliver a bad message a fourth time',
    file: 'messages.ts',
    from: 'BAD_DELIVERIES_MAX = 3',
    to: 'BAD_DELIVERIES_MAX = 4',
    killedBy: POLICY,
  },
  {
    name: 'deliver again under the old uuid',
    file: 'delivery.ts',
    from: 'message.deliveries + 1',
    to: 'Math.max(1, message.deliveries)',
    killedBy: POLICY,
  },
  {
    name: 'give an agent the next message before the result',
    file: 'messages.ts',
    from: ' || agent.turn !== null) return false;',
    to: ') return false;',
    killedBy: PROPERTIES,
  },
  {
    name: 'ask everybody for a proof',
    file: 'delivery.ts',
    from: ' || isPromptOut(draft, agent)',
    to: '',
    killedBy: POLICY,
  },
  {
    name: 'let a paused agent try',
    file: 'gates.ts',
    from: "if (paused || desired === 'down' || isWished)",
    to: "if (desired === 'down' || isWished)",
    killedBy: ['verbs.scenarios.test.ts'],
  },
  {
    name: 'do not rebase after a reboot',
    file: 'draft.ts',
    from: 'fleet.seen !== null && fleet.seen.boot !== moment.boot ? rebase(fleet, fleet.seen, moment) : fleet',
    to: 'fleet',
    killedBy: ['lifecycle.scenarios.test.ts', ...PROPERTIES],
  },
  {
    name: 'start all at once after a reboot',
    file: 'coming-up.ts',
    from: 'at = start + COME_UP_MS;',
    to: 'at = draft.moment.mono;',
    killedBy: ['coming-up.scenarios.test.ts'],
  },
  {
    name: 'count a reboot as a crash',
    file: 'lifecycle.ts',
    from: '  if (isOfEarlierBoot(run, draft.moment)) return comeUpAgain(draft, ended, cause);\n',
    to: '',
    killedBy: ['coming-up.scenarios.test.ts'],
  },
  {
    name: 'forget who was up when a container is stopped',
    file: 'operator.ts',
    from: 'restart: null, upAgain: true });',
    to: 'restart: null });',
    killedBy: ['coming-up.scenarios.test.ts'],
  },
  {
    name: 'act on a jump of the wall clock',
    file: 'moment.ts',
    from: 'from.boot === to.boot ? to.mono - from.mono : to.wall - from.wall',
    to: 'to.wall - from.wall',
    killedBy: ['moment.test.ts'],
  },
  {
    name: 'tell a notice twice',
    file: 'notices.ts',
    from: 'const isKnown = incident.told.includes(kind) || ',
    to: 'const isKnown = ',
    killedBy: RECOVERY,
  },
  {
    name: 'let the answer of a smaller model end a limit',
    file: 'recovery.ts',
    from: 'const isStillLimited = limited !== null && limited !== tier;',
    to: 'const isStillLimited = false;',
    killedBy: ['holds.scenarios.test.ts'],
  },
  {
    name: 'draw the roll twice: the same moves no longer give the same commands',
    file: 'quiet.ts',
    from: 'moment.roll',
    to: 'Math.random()',
    killedBy: PROPERTIES,
  },
  {
    name: 'let all who are idle take a new secret at once',
    file: 'drive-rotations.ts',
    from: '    take(draft, credential, free, next);',
    to: `    take(draft, credential, free, next);
    changeRecord(draft, credential, { roll: { ...free, taking: null, until: null } });`,
    killedBy: ROTATION,
  },
  {
    name: 'take a new secret in the midst of a turn',
    file: 'roll.ts',
    from: ' || turn !== null || restart !== null) return false;',
    to: ' || restart !== null) return false;',
    killedBy: ['rotation.scenarios.test.ts', ...ROTATION],
  },
  {
    name: 'call a secret good that nobody has answered on',
    file: 'drive-rotations.ts',
    from: "agent.state.at === 'running' && agent.state.run.answered;",
    to: "agent.state.at === 'running';",
    killedBy: ROTATION,
  },
  {
    name: 'give the secret that is tried to whoever starts',
    file: 'ledger.ts',
    from: 'return roll?.taking === agent.spec.name;',
    to: 'return true;',
    killedBy: ROTATION,
  },
  {
    name: 'make an incident of a failed trial',
    file: 'rotation.ts',
    from: 'return TELLING.has(kind);',
    to: 'return false;',
    killedBy: ROTATION,
  },
  {
    name: 'leave who has tried a bad secret with it',
    file: 'rotation.ts',
    from: '  for (const agent of those) goBack(draft, agent);\n',
    to: '',
    killedBy: ROTATION,
  },
  {
    name: 'believe that a file is gone which cannot be read',
    file: 'rotation.ts',
    from: '  if (problem !== null) askAgain(draft, credential, rotation, problem);\n  else if (next !== null)',
    to: '  if (next !== null)',
    killedBy: CORNERS,
  },
  {
    name: 'forget the file of a rotation that was not settled',
    file: 'rotation.ts',
    from: "  else if (previous !== null) workOn(draft, credential, 'settle');\n  else {",
    to: '  else {',
    killedBy: ROTATION,
  },
  {
    name: 'do not take up the files again behind a dead daemon',
    file: 'rotation.ts',
    from: '  if (problem === null) workOn(draft, credential, act);\n  else askAgain',
    to: '  if (problem !== null) askAgain',
    killedBy: ['rotation.scenarios.test.ts'],
  },
  {
    name: 'rotate to a secret that was replaced before',
    file: 'rotation.ts',
    from: 'return at === null ? null :',
    to: 'return at !== null || at === null ? null :',
    killedBy: ['rotation.scenarios.test.ts', ...ROTATION],
  },
  {
    name: 'remove the old secret before the last agent has answered',
    file: 'drive-rotations.ts',
    from: '(retry !== null || unprovenOf(draft, credential, rotation).length === 0)',
    to: '(retry !== null || rotation.proven.length > 0)',
    killedBy: ['rotation.scenarios.test.ts', ...ROTATION],
  },
  {
    name: 'send an agent for ever for a secret that is not there',
    file: 'drive-rotations.ts',
    from: "  if (taken === 'other') return endRoll(draft, credential, name);\n",
    to: '',
    killedBy: CORNERS,
  },
  {
    name: 'forget a changed secret because one agent could not be started with it',
    file: 'drive-rotations.ts',
    from: '    waitForStart(draft, credential, roll, agent);\n',
    to: '    changeRecord(draft, credential, { roll: null });\n',
    killedBy: [...CORNERS, 'found.test.ts'],
  },
  {
    name: 'stop one agent after the other for a changed secret that nobody can be started with',
    file: 'drive-rotations.ts',
    from: ' || isHad(draft, credential, roll);',
    to: ' || true;',
    killedBy: CORNERS,
  },
  {
    name: 'bring a changed secret to the next one because a rotation begins',
    file: 'drive-rotations.ts',
    from: '(isRotating(known) && known.rotation?.to === roll.to)',
    to: 'isRotating(known)',
    killedBy: CORNERS,
  },
  {
    name: 'restart a paused agent because of its secret',
    file: 'drive.ts',
    from: ' || restart.secret !== undefined)',
    to: ')',
    killedBy: CORNERS,
  },
  {
    name: "take an API key that nobody has called billable in another credential's place",
    file: 'fallback.ts',
    from: "spec === undefined || (spec.type === 'api-key' && !spec.billable)",
    to: 'spec === undefined',
    killedBy: FALLBACK,
  },
  {
    name: 'go on beyond the ceiling of a credential',
    file: 'fallback.ts',
    from: 'ceilingUsd !== null && recordOf({ ledger }, name).spentUsd >= ceilingUsd',
    to: 'ceilingUsd !== null && recordOf({ ledger }, name).spentUsd < 0',
    killedBy: FALLBACK,
  },
  {
    name: 'let all try their own credential again at once',
    file: 'fallback.ts',
    from: 'every((other) => !other.away.returning)',
    to: 'every((other) => other.away !== null)',
    killedBy: FALLBACK,
  },
];
