import type { Finding } from '../../box/finding.ts';
import { count } from '../../wording/count.ts';

/** What belongs together on the screen, in the order in which it is shown. */
export type Group = { readonly title: string; readonly findings: readonly Finding[] };

/** Wide enough for each of the three words. */
const WORD_WIDTH = 8;
const INDENT = 2;
/** Where what is found begins; what is to be done stands below it. */
export const HANG = INDENT + WORD_WIDTH;

/** A line for each finding, its word in front, and below it what is to be done; at the end how many of them are not well. */
export function doctorLines(groups: readonly Group[]): readonly string[] {
  return [
    ...groups.flatMap(({ title, findings }) =>
      findings.length === 0 ? [] : [title, ...findings.flatMap(findingLines)],
    ),
    sumOf(groups.flatMap(({ findings }) => findings)),
  ];
}

const findingLines = ({ level, about, found, todo }: Finding): readonly string[] => [
  `${' '.repeat(INDENT)}${level.padEnd(WORD_WIDTH)}${about}: ${found}`,
  ...(todo === '' ? [] : [`${' '.repeat(HANG)}-> ${todo}`]),
];

function sumOf(findings: readonly Finding[]): string {
  const amountOf = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  const errors = amountOf('error');
  const warnings = amountOf('warning');
  return errors + warnings === 0 ? 'All is well.' : `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}
