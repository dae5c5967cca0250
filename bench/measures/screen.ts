import type { Measure } from '../measure.ts';
import { agentvisor, ecosystem, firstFrames, frames, rendersOfChanged } from '../screen.ts';

const AGENTS = 3;

export const screen: Measure = {
  id: 'screen',
  title: 'Terminal UI',
  how: `From the spawn of \`agentvisor monit\` in a terminal of 200 by 50 until the names of ${AGENTS} agents stand on it; then what a frame costs in processor time: a
change comes, the model is updated and all lines are made of it, and what Ink does of ten lines that are new. \`npm run bench:tui\` tells more.`,
  async run(bench) {
    const folder = bench.folder();
    try {
      agentvisor(folder, 'start', ecosystem(folder, 'few', AGENTS, 'exec sleep 3600'));
      bench.say('screen: first frames');
      const { bare, first } = await firstFrames(folder, AGENTS, bench.quick ? 2 : 12);
      bench.say('screen: frames');
      return {
        groups: [
          {
            title: 'first frame',
            unit: 'ms',
            rows: [
              { who: '`agentvisor monit`', samples: first },
              { who: '`node -e 0`', samples: bare },
            ],
          },
          {
            title: 'update, frame and bytes of 100 busy agents',
            unit: 'µs',
            rows: [{ who: 'agentvisor', samples: await frames(100) }],
          },
          {
            title: 'Ink renders 10 lines',
            unit: 'µs',
            rows: [{ who: 'agentvisor', samples: await rendersOfChanged() }],
          },
        ],
        goals: [],
        remarks: [],
      };
    } finally {
      agentvisor(folder, 'kill');
    }
  },
};
