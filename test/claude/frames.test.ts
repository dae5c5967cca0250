import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { askAgainFrame, initializeFrame, interruptFrame, userFrame } from '../../src/claude/frames.ts';

test('control requests say by their id what was asked', () => {
  expect(initializeFrame('7')).toBe(
    '{"type":"control_request","request_id":"init-7","request":{"subtype":"initialize"}}\n',
  );
  expect(interruptFrame('7')).toBe(
    '{"type":"control_request","request_id":"interrupt-7","request":{"subtype":"interrupt"}}\n',
  );
});

test('a message is one line and means what was written, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const frame = userFrame('u', `${text}\n\u2028\u2029\r`);
      expect(frame.slice(0, -1)).not.toMatch(/[\n\r\u2028\u2029]/);
      expect(JSON.parse(frame)).toEqual({
        type: 'user',
        uuid: 'u',
        message: { role: 'user', content: `${text}\n\u2028\u2029\r` },
      });
    }),
  );
});

test('asking again adds nothing to the conversation', () => {
  expect(askAgainFrame('u')).toBe('{"type":"user","uuid":"u","message":{"role":"user","content":[]}}\n');
});
