import { defineEcosystem } from 'agentvisor';

/** Of a program that is no Claude Code agentvisor sees only whether it lives; the wrapper adds a look at its health. */
export default defineEcosystem({
  agents: [
    {
      name: 'worker',
      mode: 'command',
      command: ['./guard.sh', 'node is-alive.mjs', 'node', 'worker.mjs'],
      restart: { delayMin: '1s', delayMax: '1m' },
    },
  ],
});
