import { defineEcosystem } from 'agentvisor';

/**
 * Two agents that need no account: a stand-in takes the place of Claude Code. `ada` works. `bob` is rejected with a 401
 * from his second message on, as long as his process lives. For real agents delete the three lines marked below and
 * export the token that `claude setup-token` gave you.
 */
export default defineEcosystem({
  credentials: {
    max: { type: 'oauth-token', from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' } },
  },
  // notify: [{ command: ['./page-me'] }], // tells people when a trouble opens, when one of them is needed, when it is over
  defaults: {
    claude: { bin: './examples/stand-in/claude.mjs' }, // delete: then it is `claude` on your PATH
    // credential: 'max', // and take this in
  },
  agents: [
    { name: 'ada' },
    {
      name: 'bob',
      env: { STAND_IN_SCRIPT: './examples/stand-in/latch.json' }, // delete
    },
  ],
});
