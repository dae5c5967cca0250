import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import { realBox } from './agents.ts';
import { realClaudes } from './claude.ts';

/** A grandchild that nobody owns: in a session of its own, its parent gone, its output closed. */
const DAEMONISE = `sh -c 'setsid sh -c "sleep 3000 & exit 0" </dev/null >/dev/null 2>&1 &' ; sleep 3000 >/dev/null 2>&1 & echo started`;

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a stop leaves nobody behind, a double-forked grandchild included, and touches no stranger', async () => {
      const stranger = spawn('sleep', ['3000'], { stdio: 'ignore' });
      onTestFinished(() => void stranger.kill('SIGKILL'));
      await once(stranger, 'spawn');
      const script = { faults: [{ when: { contains: 'start helpers' }, do: { tool: { command: DAEMONISE } } }] };
      const fleet = await realBox(bin, ['ada', 'bob'], script, { claude: { bin, args: ['--allowedTools', 'Bash'] } });
      await fleet.ok('send', 'ada', 'start helpers', '--wait');
      const ofAda = (): number[] => bearersUnder(`${fleet.home}/agents/ada`);
      // Shim, agent, and the two helpers at least.
      expect(ofAda().length).toBeGreaterThanOrEqual(4);
      const bob = await fleet.row('bob');

      await fleet.ok('stop', 'ada');

      expect(ofAda()).toEqual([]);
      expect(await fleet.row('ada')).toMatchObject({ state: 'stopped', pid: null });
      expect(await fleet.row('bob')).toMatchObject({ pid: bob.pid, state: 'running' });
      expect(stranger.exitCode).toBeNull();
      expect(stranger.signalCode).toBeNull();
    });
  });
}
