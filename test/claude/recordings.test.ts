import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Failure, StreamFact } from '../../src/kernel/facts.ts';
import { LineSplitter } from '../../src/claude/lines.ts';
import { parseLine } from '../../src/claude/line.ts';
import { mayMatter } from '../../src/claude/prefilter.ts';

/** Three turns each: a good one, one under the fault that the file is named after, a good one. */
const RECORDINGS = join(import.meta.dirname, 'recordings');
const files = readdirSync(RECORDINGS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ndjson'))
  .toSorted();

const factsOf = (name: string, wanted?: typeof mayMatter): readonly StreamFact[] =>
  new LineSplitter(undefined, 0, wanted).push(readFileSync(join(RECORDINGS, name))).map(({ line }) => parseLine(line));

const failed = (failure: Failure): string =>
  `${failure.kind} (${failure.status ?? '-'} ${failure.error ?? '-'}, ends ${failure.resetsAt ?? '-'}) ${failure.requestId ?? '-'}: ${failure.text}`;

function rendered(fact: StreamFact): string {
  switch (fact.fact) {
    case 'initialized':
      return `initialized with ${fact.tokenSource ?? '-'}`;
    case 'turn-started':
      return `turn-started ${fact.model ?? '-'} of ${fact.claudeVersion ?? '-'}, key from ${fact.apiKeySource ?? '-'}`;
    case 'accepted':
      return `accepted ${fact.uuid}`;
    case 'retrying':
      return `retrying ${fact.attempt} after ${fact.status ?? '-'} ${fact.error ?? '-'}`;
    case 'answered':
      return `answered by ${fact.model} in ${fact.messageId ?? '-'} ${fact.requestId ?? '-'}${fact.usedTools ? ', tools' : ''}`;
    case 'refused':
      return `refused: ${failed(fact.failure)}`;
    case 'limited':
      return `limited by ${fact.limit ?? '-'} until ${fact.resetsAt ?? '-'}`;
    case 'turn-ended':
      return `turn-ended ${fact.outcome}${fact.failure === null ? '' : `: ${failed(fact.failure)}`}, $${fact.totalCostUsd ?? '-'}`;
    case 'other':
      return `other ${fact.what}`;
  }
}

test('there are recordings of both versions', () => {
  expect(files.length).toBeGreaterThanOrEqual(12);
});

test.each(files)('%s reads as these facts', async (name) => {
  const facts = factsOf(name);
  expect(facts.filter((fact) => fact.fact === 'turn-ended').map((fact) => fact.outcome)).toEqual(
    // In 2.1.328 a throttle is retried until the turn is good.
    name.endsWith('328/429.ndjson') ? ['good', 'good', 'good'] : ['good', 'failed', 'good'],
  );
  const text = facts.map((fact) => `${rendered(fact)}\n`).join('');
  await expect(text).toMatchFileSnapshot(join('facts', name.replace(/\.ndjson$/, '.txt')));
});

test.each(files)('%s loses no fact when lines are skipped without decoding', (name) => {
  expect(factsOf(name, mayMatter).filter((fact) => fact.fact !== 'other')).toEqual(
    factsOf(name).filter((fact) => fact.fact !== 'other'),
  );
});
