// A stand-in for `claude setup-token` and `claude auth login`: draws as 2.1.328 does (measured up to the code, the rest
// from its texts), takes one code, and signs nobody in. Arguments: what to do, a file for what it saw, then claude's.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [variant = 'good', seenFile = '', secret = '', ...argv] = process.argv.slice(2);
const GOOD_CODE = 'good-code#state';
const isToken = argv[0] === 'setup-token';
const ADDRESS =
  'https://claude.com/cai/oauth/authorize?code=true&client_id=stand-in&response_type=code' +
  `&scope=${'user%3Ainference+'.repeat(20)}&code_challenge=${'c'.repeat(43)}&code_challenge_method=S256&state=${'s'.repeat(43)}`;

const { columns, rows } = process.stdout;
const child = variant === 'child' ? spawn('sleep', ['3000'], { stdio: 'ignore' }).pid : null;
writeFileSync(
  seenFile,
  JSON.stringify({ argv, env: process.env, cwd: process.cwd(), pid: process.pid, child, columns, rows }),
);

const print = (text) => process.stdout.write(text);
/** Words placed by moving the cursor, as ink draws them. */
const placed = (text) => {
  let column = 2;
  return text
    .split(' ')
    .map((word) => {
      const at = `\u001b[${column}G${word}`;
      column += word.length + 1;
      return at;
    })
    .join('');
};
const end = (code) => process.stdout.write('', () => process.exit(code));

process.stdin.setRawMode(true);
if (variant === 'dies-early') {
  print('\u001b[31mSomething is wrong with this machine.\u001b[39m\r\n');
  end(7);
} else if (variant === 'silent') {
  process.stdin.resume();
} else {
  if (isToken) {
    print(`\u001b[?25l\u001b[?2004h${placed("Browser didn't open? Use the URL below to sign in")}\r\r\n\r\r\n`);
    print(`\u001b]8;id=x;${ADDRESS}\u0007\u001b[38;5;246m${ADDRESS}\u001b[39m\u001b]8;;\u0007\r\r\n\r\r\n`);
    print(`${placed('Paste code here if prompted >')}\r\r\n`);
  } else {
    print('Opening browser to sign in…\r\n');
    print(`If the browser didn't open, visit: ${ADDRESS}\r\nPaste code here if prompted > `);
  }
  readCode();
}

function readCode() {
  let typed = '';
  process.stdin.setEncoding('utf8').on('data', (keys) => {
    typed += keys;
    // 2.1.328 shows it.
    if (!isToken) print(keys);
    if (!typed.includes('\r')) return;
    const [before, behind] = isToken ? ['\u001b[200~', '\u001b[201~\r'] : ['', '\r'];
    const isMarked = typed.startsWith(before) && typed.endsWith(behind);
    const code = isMarked ? typed.slice(before.length, -behind.length) : 'without marks';
    typed = '';
    if (variant === 'never-answers') return;
    if (variant === 'dies') return void end(7);
    if (code === GOOD_CODE) succeed();
    else fail(code);
  });
}

function fail(code) {
  if (isToken)
    return print(
      `\u001b[3A\u001b[2K${placed(`OAuth error: ${code} was refused`)}\r\r\n${placed('Press Enter to retry')}\r\r\n`,
    );
  print(`\r\nCouldn't log in: ${code} was refused\r\n`);
  end(1);
}

function succeed() {
  if (isToken) {
    print(`\u001b[2A\u001b[0J\u001b[32m${placed('Long-lived authentication token created')}\u001b[39m\r\r\n\r\r\n`);
    print(`${placed('Your OAuth token (valid for 1 year):')}\r\r\n\r\r\n\u001b[2G`);
    const shown = variant === 'cut' ? secret.slice(0, 80) : secret;
    // In pieces, as a pipe may cut it.
    for (let at = 0; at < shown.length; at += 7) print(shown.slice(at, at + 7));
    print(`\r\r\n\r\r\n${placed("Store this token securely. You won't be able to see it again.")}\r\r\n`);
  } else {
    const folder = process.env.CLAUDE_CONFIG_DIR;
    mkdirSync(folder, { recursive: true });
    const refreshToken = variant === 'empty' ? '' : `${secret}-refresh`;
    const login = { claudeAiOauth: { accessToken: secret, refreshToken, expiresAt: 1, scopes: ['user:inference'] } };
    if (variant !== 'no-file') writeFileSync(join(folder, '.credentials.json'), JSON.stringify(login), { mode: 0o600 });
    print('\r\nLogin successful.\r\n');
  }
  if (variant !== 'never-ends') end(0);
}
