import type { RestartHow } from '../kernel/events.ts';

/** What a person can do to agents from here, as the verbs of the command line do it. */
export type Action =
  | { readonly verb: 'start' | 'stop' | 'reset' | 'delete' | 'pause' | 'resume'; readonly targets: readonly string[] }
  | { readonly verb: 'restart'; readonly targets: readonly string[]; readonly how: RestartHow }
  | { readonly verb: 'send'; readonly targets: readonly [string]; readonly text: string };

/** `restart bob`. */
export function actionText(action: Action): string {
  const targets = action.targets.join(' ');
  switch (action.verb) {
    case 'restart':
      return action.how === 'after-turn'
        ? `reload ${targets}`
        : `restart ${action.how === 'now' ? '--now ' : ''}${targets}`;
    case 'send':
      return `send to ${targets}`;
    case 'start':
    case 'stop':
    case 'reset':
    case 'delete':
    case 'pause':
    case 'resume':
      return `${action.verb} ${targets}`;
  }
}
