import { defineEcosystem } from 'agentvisor';

/** Three agents on one token. When it is rejected one of them tries for all. */
export default defineEcosystem({
  credentials: {
    team: { type: 'oauth-token', from: { file: './token' } },
  },
  defaults: {
    credential: 'team',
    namespace: 'team',
    claude: { model: 'sonnet' },
    idleWake: { after: '45m' },
    watch: { turnSilence: '20m' },
    memory: { max: '4GB' },
  },
  agents: [
    { name: 'planner', cwd: './planner', claude: { model: 'opus' } },
    { name: 'builder', cwd: './builder', claude: { args: ['--permission-mode', 'acceptEdits'] } },
    { name: 'reviewer', cwd: './reviewer', claude: { args: ['--allowedTools', 'Read', 'Grep', 'Bash(git *)'] } },
  ],
});
