import { defineEcosystem } from 'agentvisor';

/** One agent, and a program that tells you when it is in trouble and when that is over. */
export default defineEcosystem({
  notify: [{ command: ['./page-me.mjs'] }],
  agents: [{ name: 'helper' }],
});
