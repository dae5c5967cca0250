import { defineEcosystem } from 'agentvisor';

/** The token is a secret of the container, a file that is noticed when it changes. */
export default defineEcosystem({
  credentials: {
    team: { type: 'oauth-token', from: { file: '/run/secrets/token' } },
  },
  defaults: { credential: 'team', cwd: './work' },
  agents: [{ name: 'helper' }],
});
