const FAMILY = /opus|sonnet|haiku/;

/**
 * Rate limits hold per family of models. A family we do not know is the first word of the model's name after `claude-`;
 * null when there is no name.
 */
export function tierOf(model: string | null): string | null {
  if (model === null) return null;
  const known = FAMILY.exec(model);
  if (known !== null) return known[0];
  return /[a-z]+/.exec(model.replace(/^.*claude-/, ''))?.[0] ?? null;
}
