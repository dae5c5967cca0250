import { completions } from '../commands.ts';
import { actionText } from '../action.ts';
import { chosenAgent } from '../chosen-agent.ts';
import { namespacesOf } from '../chosen.ts';
import { COMMON_KEYS } from '../common-keys.ts';
import { glyph } from '../glyphs.ts';
import { kindOf } from '../kinds.ts';
import { cutLine, cutText, lineWidth, span, widthOf, type Line, type Span } from '../line.ts';
import { topView, type Model, type Prompt, type View } from '../model.ts';
import { keyName } from './help.ts';

/** Two lines: what is asked, typed or answered; and the keys that can be pressed now. */
export const footerLines = (model: Model): readonly Line[] => [
  cutLine(stateLine(model), model.size.columns, model.look),
  keysLine(model),
];

function stateLine(model: Model): Line {
  const { confirm, prompt, pending, notice } = model;
  if (confirm !== null) return [span(` ${confirm.question} `, { tone: 'bad', bold: true }), span('y / n')];
  if (prompt !== null) return promptLine(model, prompt);
  const [first] = pending;
  if (first !== undefined) {
    const others = pending.length === 1 ? '' : ` and ${pending.length - 1} more`;
    const since = Math.floor((model.now - first.since) / 1000);
    return [
      span(` ${actionText(first.action)}${others} is under way${since > 0 ? ` for ${since}s` : ''}`, { tone: 'info' }),
    ];
  }
  return notice === null ? [] : [span(` ${notice.text}`, { tone: notice.tone })];
}

const LABELS: Readonly<Record<Prompt['kind'], string>> = { filter: '/', search: '/', command: ':', message: 'message' };

/** The part of the text around the cursor, as much as there is room for. */
function promptLine(model: Model, prompt: Prompt): Line {
  const { size, look } = model;
  const label = prompt.kind === 'message' ? ` to ${prompt.agent ?? ''}: ` : ` ${LABELS[prompt.kind]}`;
  const room = Math.max(4, size.columns - widthOf(label) - 2);
  let before = prompt.text.slice(0, prompt.cursor);
  while (widthOf(before) > room) before = before.slice(Math.max(1, before.length - room));
  const behind = cutText(prompt.text.slice(prompt.cursor), room - widthOf(before));
  return [span(label, { bold: true }), span(before), span(glyph('cursor', look), { inverse: true }), span(behind)];
}

function keysLine(model: Model): Line {
  const { prompt, confirm, size } = model;
  if (confirm !== null)
    return keys(
      [
        ['y', 'do it'],
        ['n', 'leave it'],
      ],
      size.columns,
    );
  if (prompt !== null)
    return prompt.kind === 'command'
      ? suggestions(model, prompt)
      : keys(
          [
            ['Enter', 'done'],
            ['Esc', 'leave it'],
          ],
          size.columns,
        );
  const view = topView(model);
  const own = kindOf<View>(view).keymap;
  const taken = new Set(own.flatMap((binding) => binding.keys));
  const common = COMMON_KEYS.filter(({ keys: [key = ''], needsAgent, idleIn }) => {
    const leadsNowhere = taken.has(key) || idleIn?.includes(view.at) === true;
    return !leadsNowhere && !(needsAgent === true && chosenAgent(model) === null);
  });
  const bindings = [...own, ...common].filter(
    ({ foot, acts }) => foot !== undefined && !(acts === true && model.readonly),
  );
  // The way out stands first where there is one: it must not fall off a narrow screen.
  const first: readonly (readonly [string, string])[] = model.views.length > 1 ? [['Esc', 'back']] : [];
  const last = bindings.filter(({ keys: [key] }) => key === '?' || key === 'q');
  const others = bindings.filter((binding) => !last.includes(binding));
  const pairOf = ({ keys: [key = ''], foot = '' }: (typeof bindings)[number]): readonly [string, string] => [
    keyName(key),
    foot,
  ];
  return keys([...first, ...last.map(pairOf), ...others.map(pairOf)], size.columns);
}

function suggestions(model: Model, { text }: Prompt): Line {
  const found = completions(text, {
    agents: (model.fleet?.agents ?? []).map(({ row }) => row.name),
    namespaces: namespacesOf(model),
  });
  if (found.length === 0)
    return keys(
      [
        ['Enter', 'do it'],
        ['Esc', 'leave it'],
      ],
      model.size.columns,
    );
  return cutLine(
    [span(' Tab ', { bold: true }), span(found.join('  '), { tone: 'dim' })],
    model.size.columns,
    model.look,
  );
}

/** Only whole ones. */
function keys(pairs: readonly (readonly [key: string, word: string])[], columns: number): Line {
  const parts: Span[] = [];
  for (const [key, word] of pairs) {
    const next = [span(` ${key}`, { bold: true }), span(` ${word} `)];
    if (lineWidth(parts) + lineWidth(next) > columns) break;
    parts.push(...next);
  }
  return parts;
}
