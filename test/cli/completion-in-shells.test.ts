import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homeWithAgents } from './home-with-agents.ts';
import { runCli } from './run-cli.ts';
import { bash, isMissing, shellEnvironment, typeAt, zsh } from './shells.ts';
import type { Shell } from './shells.ts';

/** What is typed with TAB where a person would press it, and what the shell makes of it. */
const TYPED = [
  ['a verb, of several when one more letter was typed', 'agentvisor resu\tm\ttri\t', 'resume triage'],
  ['an agent behind another', 'agentvisor stop triage re\tv\t', 'stop triage reviewer'],
  ['an agent in quotes', "agentvisor stop 'tri\t", 'stop triage'],
  ['a namespace, to its colon and behind it', 'agentvisor stop name\tn\t', 'stop namespace:night'],
  ['a namespace whose colon stands there', 'agentvisor stop namespace:\tda\t', 'stop namespace:day'],
  ['an option and its value', 'agentvisor wait all --fo\thea\t', 'wait all --for healthy'],
  ['a file where a file may stand', 'agentvisor start zo\t', 'start zoo.ts'],
  ['a folder where a folder may stand', 'agentvisor init --cwd fol\tin\t', 'init --cwd folder/inner'],
] as const;

async function typedAt(shellOf: (home: string) => Shell): Promise<void> {
  const home = await homeWithAgents();
  writeFileSync(join(home, 'zoo.ts'), '');
  mkdirSync(join(home, 'folder/inner'), { recursive: true });
  const taken = await typeAt(
    shellOf(home),
    home,
    TYPED.map(([, keys]) => keys),
  );
  expect(TYPED.map(([what], index) => [what, taken[index]?.trimEnd().replace(/\/$/, '')])).toEqual(
    TYPED.map(([what, , expected]) => [what, expected]),
  );
}

/** Runs a shell to its end, beside the fake daemon of this process. */
function runShell(shell: string, script: string, home: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell, ['-c', script], { env: shellEnvironment(home), cwd: home });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });
}

describe.skipIf(isMissing('bash'))('the script for bash', () => {
  test('completes at a prompt', () => typedAt(bash));

  test('offers words to a function that has no terminal, and nothing for what is no verb', async () => {
    const home = await homeWithAgents();
    const tab = (...words: string[]): Promise<string> =>
      runShell(
        'bash',
        `source <(agentvisor completion bash)
         registered=$(complete -p agentvisor)
         COMP_WORDS=(${['agentvisor', ...words].map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
         "$(sed -E 's/.*-F ([^ ]+).*/\\1/' <<< "$registered")" agentvisor
         echo "\${COMPREPLY[*]}"`,
        home,
      );
    expect(await tab('res')).toBe('restart resume reset resurrect\n');
    expect(await tab('restart', '--n')).toBe('--now\n');
    expect(await tab('frobnicate', '')).toBe('\n');
    expect(await tab('stop', 'namespace', ':', 'n')).toBe('night\n');
  });
});

describe.skipIf(isMissing('zsh'))('the script for zsh', () => {
  test('completes at a prompt where it is read at the start, also before the shell has completion', () =>
    typedAt((home) => zsh(home, 'source <(command agentvisor completion zsh)')));

  test('completes at a prompt, from the first TAB on, as a file in a folder of fpath', async () => {
    const { stdout } = await runCli(['completion', 'zsh'], { home: await homeWithAgents() });
    await typedAt((home) => {
      mkdirSync(join(home, 'functions'));
      writeFileSync(join(home, 'functions/_agentvisor'), stdout);
      return zsh(home, `fpath=('${home}/functions' $fpath); autoload -Uz compinit && compinit -D`);
    });
  });
});

describe.skipIf(isMissing('fish'))('the script for fish', () => {
  const LOADED = [
    ['read at the start', (_: string, script: string) => `${script}\n`],
    [
      'as a file in the folder of completions',
      (home: string, script: string) => {
        mkdirSync(join(home, '.config/fish/completions'), { recursive: true });
        writeFileSync(join(home, '.config/fish/completions/agentvisor.fish'), script);
        return '';
      },
    ],
  ] as const;

  test.each(LOADED)('%s completes verbs, agents, namespaces, options, values and files', async (_, load) => {
    const home = await homeWithAgents();
    writeFileSync(join(home, 'zoo.ts'), '');
    const begin = load(home, (await runCli(['completion', 'fish'], { home })).stdout);
    const lines = [
      'agentvisor resu',
      'agentvisor stop triage re',
      'agentvisor stop name',
      'agentvisor stop namespace:n',
      "agentvisor stop 'tri",
      'AGENTVISOR_DEBUG=1 agentvisor stop tri',
      'agentvisor restart tri --n',
      'agentvisor wait all --for ',
      'agentvisor start zo',
      'agentvisor frobnicate ',
    ];
    const script = lines.map((line) => `complete -C ${JSON.stringify(line)}; echo END`).join('\n');
    const answers = (await runShell('fish', `${begin}${script}`, home)).split('END\n').slice(0, -1);
    expect(lines.map((line, index) => [line, answers[index]?.trimEnd().split('\n')])).toEqual([
      ['agentvisor resu', ['resume', 'resurrect']],
      ['agentvisor stop triage re', ['reporter', 'reviewer']],
      ['agentvisor stop name', ['namespace:day', 'namespace:default', 'namespace:night']],
      ['agentvisor stop namespace:n', ['namespace:night']],
      ["agentvisor stop 'tri", ['triage']],
      ['AGENTVISOR_DEBUG=1 agentvisor stop tri', ['triage']],
      ['agentvisor restart tri --n', ['--now']],
      ['agentvisor wait all --for ', ['down', 'healthy', 'up']],
      ['agentvisor start zo', ['zoo.ts']],
      ['agentvisor frobnicate ', ['']],
    ]);
  });
});
