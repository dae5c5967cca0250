// Starts a fake daemon as a test does, prints its pid and waits to be killed: `cut-off-program.ts FOLDER`.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchDaemon } from '../../src/cli/launch.ts';
import { openLifeline } from './lifeline-server.ts';

const folder = process.argv[2] ?? '';
const path = join(folder, 'lifeline');
await openLifeline(path);
const program = fileURLToPath(new URL('fake-daemon-program.mjs', import.meta.url));
const env = { ...process.env, TEST_LIFELINE: path };
process.stdout.write(`${await launchDaemon(join(folder, 'home'), env, { program })}\n`);
setInterval(() => undefined, 60_000);
