import { NAME_PATTERN } from '../kernel/spec.ts';
import { AgentvisorError } from './errors.ts';

/**
 * A name is also a key of plain objects, which have some by birth: `constructor`, `toString` …
 *
 * @throws AgentvisorError
 */
export function checkNames(named: readonly { readonly name: string }[]): void {
  for (const { name } of named) {
    if (NAME_PATTERN.test(name) && name !== 'all' && !(name in {})) continue;
    throw new AgentvisorError(
      'usage',
      `${JSON.stringify(name).slice(0, 80)} cannot be the name of an agent or a credential.`,
      'Use letters, digits, dot, dash and underscore, and no name that JavaScript gives to every object.',
    );
  }
}
