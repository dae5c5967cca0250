#!/usr/bin/env node
import { AgentvisorError, EXIT_CODES } from '../protocol/errors.ts';
import { redact } from '../kernel/redaction.ts';
import { makeContext } from './context.ts';
import { printable } from '../wording/printable.ts';
import { fit } from './fit.ts';
import { findVerb } from './verbs.ts';

/** A reader that has seen enough (`agentvisor logs | head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // oxlint-disable-next-line no-process-exit -- the one place
  process.exit(error.code === 'EPIPE' ? 0 : EXIT_CODES.failed);
});

const exitCode = await main(process.argv.slice(2)).catch(report);
// Not before the last byte has left: a pipe may hold only a part of it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

async function main(argv: readonly string[]): Promise<number> {
  if (process.platform === 'win32') throw windows();
  const at = argv.findIndex((word) => !word.startsWith('-'));
  const word = argv[at];
  if (word === undefined) return withoutVerb(argv);
  const before = argv.slice(0, at);
  const behind = argv.slice(at + 1);
  if (word === 'help') return main(behind.length === 0 ? ['--help'] : [...behind, '--help']);
  const row = findVerb(word);
  if (row === undefined) {
    const { unknownVerb } = await import('./usage.ts');
    throw unknownVerb(word);
  }
  const verb = await row.load();
  const context = await makeContext(row.name, verb, [...before, ...behind], process.env);
  if (!context.flag('help')) return verb.run(context);
  const { verbHelp } = await import('./help.ts');
  context.say(verbHelp(row, verb, process.stdout, process.env));
  return 0;
}

async function withoutVerb(argv: readonly string[]): Promise<number> {
  if (argv.includes('-v') || argv.includes('--version'))
    return main(['version', ...argv.filter((word) => word === '--json')]);
  const { generalHelp } = await import('./help.ts');
  if (argv.includes('-h') || argv.includes('--help')) {
    process.stdout.write(`${generalHelp(process.stdout, process.env)}\n`);
    return 0;
  }
  const [option] = argv;
  const { usageError } = await import('./usage.ts');
  if (option !== undefined) throw usageError(`There is no option ${option} without a verb.`, 'See: agentvisor --help');
  process.stderr.write(`${generalHelp(process.stderr, process.env)}\n`);
  return EXIT_CODES.usage;
}

/** One clear line; the stack is for whoever debugs agentvisor itself. */
function report(error: unknown): number {
  const known = error instanceof AgentvisorError;
  const { message } = error instanceof Error ? error : { message: String(error) };
  const nextStep = known ? error.nextStep : 'This is a bug in agentvisor; AGENTVISOR_DEBUG=1 shows where.';
  const told = redact(printable(`agentvisor: ${message} ${nextStep}`).trimEnd());
  process.stderr.write(`${fit(told, process.stderr, process.env)}\n`);
  if (process.env['AGENTVISOR_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return known ? EXIT_CODES[error.code] : EXIT_CODES.failed;
}

function windows(): AgentvisorError {
  return new AgentvisorError('refused', 'agentvisor does not run on Windows.', 'It works inside WSL.');
}
