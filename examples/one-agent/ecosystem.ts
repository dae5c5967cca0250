import { defineEcosystem } from 'agentvisor';

/** One agent that signs in with the login that `claude` has stored for this user. */
export default defineEcosystem({
  agents: [{ name: 'helper', claude: { args: ['--allowedTools', 'Read', 'Grep', 'Glob'] } }],
});
