import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { terminalSvg } from '../../scripts/terminal-svg.ts';
import { openEmulator } from '../tui/emulator.ts';

const ROOT = join(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'docs/screenshots');

test.each(readdirSync(PICTURES))('%s shows the fleet, no secret and nothing of the machine that painted it', (name) => {
  const svg = readFileSync(join(PICTURES, name), 'utf8');
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="[\d.]+" height="\d+"/);
  expect(svg).toContain('daemon up');
  expect(svg).not.toMatch(/sk-ant|<script|<image|href=/);
  for (const place of [ROOT, homedir()]) expect(svg).not.toContain(place);
});

test('a picture has the text of the screen, its colours, bold, dim and inverse, each in its column', async () => {
  const terminal = openEmulator({
    command: ['printf', 'a \\033[31mred\\033[0m   \\033[1;7mbold\\033[0m\\r\\n\\033[2m<&>\\033[0m'],
    columns: 20,
    rows: 2,
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '' },
  });
  onTestFinished(() => terminal.close());
  await terminal.ended;
  await terminal.until((text) => text.includes('<&>'));
  const lines = terminalSvg(terminal.cells(), 'what & why').split('\n');
  expect(lines[1]).toBe('<title>what &amp; why</title>');
  const texts = lines.filter((line) => line.startsWith('<text'));
  expect(texts.map((line) => line.replaceAll(/ (?:y|textLength|lengthAdjust)="[^"]*"/g, ''))).toEqual([
    '<text x="14" fill="#d7dae0">a</text>',
    '<text x="30.8" fill="#f2777a">red</text>',
    '<text x="81.2" fill="#16181d" font-weight="bold">bold</text>',
    '<text x="14" fill="#d7dae0" opacity="0.62">&lt;&amp;&gt;</text>',
  ]);
  expect(lines.filter((line) => line.startsWith('<rect x='))).toEqual([
    '<rect x="81.2" y="14" width="33.6" height="18" fill="#d7dae0"/>',
  ]);
});
