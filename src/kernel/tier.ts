/** Rate limits hold per family of models; the family is the first letters of the model's name after `claude-`. */
export function tierOf(model: string | null): string | null {
  if (model === null) return null;
  const name = model.replace(/^claude-/, '');
  const family = /(opus|sonnet|haiku|[a-z]+)/.exec(name);
  return family?.[1] ?? null;
}
