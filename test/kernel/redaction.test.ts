import { expect, test } from 'vitest';
import { redact } from '../../src/kernel/redaction.ts';

test('a known secret that is little more than its kind is replaced as a whole', () => {
  const secret = 'sk-ant-oat01-abc';
  expect(redact(`it is ${secret}, and again ${secret}.`, [secret])).toBe('it is [redacted], and again [redacted].');
});
