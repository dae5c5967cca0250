import { defineEcosystem } from 'agentvisor';

/**
 * Four agents that need no account: a stand-in takes the place of Claude Code. Each of them answers its first message;
 * at the second one `ada` is fine, `bob` is rejected with a 401 for as long as his process lives, `cleo` is throttled
 * once, and the process of `dan` dies. `npm run demo` shows what comes of it.
 *
 * For real agents: delete what is marked "delete", take in what is marked "take in", and export the token that
 * `claude setup-token` gave you as CLAUDE_CODE_OAUTH_TOKEN.
 */
export default defineEcosystem({
  credentials: {
    max: { type: 'oauth-token', from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' } },
  },
  // notify: [{ command: ['./page-me'] }], // tells people when a trouble opens, when one of them is needed, when it is over
  defaults: {
    claude: { bin: './examples/stand-in/claude.mjs' }, // delete: then it is `claude` on your PATH
    env: { STAND_IN_SPEED: '100' }, // delete: it shortens the pauses of the stand-in between its own retries
    // credential: 'max', // take in
  },
  agents: [
    { name: 'ada' },
    {
      name: 'bob',
      env: { STAND_IN_SCRIPT: './examples/stand-in/latch.json' }, // delete
    },
    {
      name: 'cleo',
      env: { STAND_IN_SCRIPT: './examples/stand-in/throttle.json' }, // delete
    },
    {
      name: 'dan',
      env: { STAND_IN_SCRIPT: './examples/stand-in/crash.json' }, // delete
    },
  ],
});
