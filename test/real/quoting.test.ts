import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { realBox } from './agents.ts';
import { realClaudes } from './claude.ts';

const RECORDING = join(import.meta.dirname, '../claude/recordings/2.1.328/401.ndjson');

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('an agent that reads and quotes a 401, whole stream lines included, is left alone', async () => {
      const lines = readFileSync(RECORDING, 'utf8');
      const quoted = lines.split('\n').find((line) => line.includes('"is_error":true')) ?? '';
      const script = {
        faults: [
          {
            when: { contains: 'read the log' },
            do: {
              tool: { command: `cat ${RECORDING}` },
              answer: `Please run /login · API Error: 401 Invalid authentication credentials\n${quoted}`,
            },
          },
        ],
      };
      const fleet = await realBox(bin, ['ada'], script, { claude: { bin, args: ['--allowedTools', 'Bash'] } });
      const before = await fleet.row('ada');
      const answer = await fleet.ok('send', 'ada', 'read the log', '--wait');
      expect(answer).toContain('API Error: 401 Invalid authentication credentials');
      expect(
        fleet.stdout('ada').some((line) => line.includes('tool_result') && line.includes('authentication_failed')),
      ).toBe(true);
      await fleet.ok('send', 'ada', 'and on', '--wait');
      const after = await fleet.row('ada');
      expect(after).toMatchObject({ pid: before.pid, restarts: 0, auth401s: 0, health: 'healthy', incident: null });
      expect(await fleet.incidents()).toEqual([]);
    });
  });
}
