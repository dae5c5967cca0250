import type { AgentSignIn } from './agent-sign-in.ts';
import type { ConfigFolder } from './config-folder.ts';
import { error, fine, namesOf, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const LOGIN_ENDS_SOON_MS = 3 * DAY_MS;
/**
 * Claude Code takes a lock that was not touched for 60 s for abandoned. Ten times that is certain, and leaves time for a
 * machine that slept in the midst of it.
 */
const LOCK_STALE_MS = 10 * 60_000;

/** What is to be said about the config folders that agents use. `now`: ms since the epoch. */
export function loginChecks(
  agents: readonly AgentSignIn[],
  now: number,
  platform: NodeJS.Platform,
): readonly Finding[] {
  const folders = new Map(agents.map(({ folder }) => [folder.path, folder]));
  return [...folders.values()].flatMap((folder) => {
    const here = agents.filter((agent) => agent.folder.path === folder.path);
    const byLogin = here.filter(usesLogin);
    return [
      ...(byLogin.length === 0 ? [] : ownChecks(folder, byLogin, now, platform)),
      ...besideChecks(folder, here),
      ...openChecks(folder),
      ...lockChecks(folder),
    ];
  });
}

/** It is declared, or it is what Claude Code comes to when nothing else is there. */
const usesLogin = ({ credential, sources }: AgentSignIn): boolean =>
  credential?.type === 'stored-login' ||
  sources[0]?.kind === 'stored-login' ||
  (credential === null && sources.length === 0);

function ownChecks(
  folder: ConfigFolder,
  agents: readonly AgentSignIn[],
  now: number,
  platform: NodeJS.Platform,
): readonly Finding[] {
  const { path, login, loginFile } = folder;
  const about = `login ${path}`;
  switch (login.is) {
    case 'absent': {
      // On macOS it is in the Keychain, and no file tells. Without a declaration a wrapper may sign in by itself.
      const isDeclared = agents.some(({ credential }) => credential !== null);
      if (platform === 'darwin' || !isDeclared) return [];
      return [error('login-missing', about, `there is no login in ${loginFile}`, signingIn(folder))];
    }
    case 'unreadable':
      return [error('login-unreadable', about, `${loginFile}: ${login.why}`, `${ASIDE}, then ${signingIn(folder)}`)];
    case 'blanked':
      return [
        error(
          'login-blanked',
          about,
          'a renewal that failed has emptied it: both tokens are gone',
          `${signingIn(folder)}; a saved copy of the old one does not work, its token is spent`,
        ),
      ];
    case 'signed-in': {
      const troubles = [...endChecks(login, about, folder, now), ...(login.refreshes ? shared(about, agents) : [])];
      if (troubles.length > 0) return troubles;
      const until = login.refreshTokenExpiresAt === null ? '' : `, until ${dayOf(login.refreshTokenExpiresAt)}`;
      return [
        fine(
          'login',
          about,
          `signed in${login.subscriptionType === null ? '' : ` (${login.subscriptionType})`}${until}`,
        ),
      ];
    }
  }
}

const ASIDE = 'move the file aside';

/** Even naming the default folder makes Claude Code on macOS look for another login. */
const signingIn = ({ path, isDefault }: ConfigFolder): string =>
  isDefault ? 'sign in with claude' : `sign in with CLAUDE_CONFIG_DIR=${path} claude`;

function endChecks(
  login: Extract<ConfigFolder['login'], { is: 'signed-in' }>,
  about: string,
  folder: ConfigFolder,
  now: number,
): readonly Finding[] {
  const { refreshes, expiresAt, refreshTokenExpiresAt } = login;
  if (!refreshes) {
    const when =
      expiresAt === null
        ? 'after about 8 hours'
        : expiresAt <= now
          ? 'and has ended'
          : `at ${new Date(expiresAt).toISOString()}`;
    const found = `it has no refresh token: it cannot renew itself and ends ${when}`;
    const todo = `${signingIn(folder)}, or give the agents a token of \`claude setup-token\``;
    return [(expiresAt !== null && expiresAt <= now ? error : warning)('login-without-refresh', about, found, todo)];
  }
  if (refreshTokenExpiresAt === null) return [];
  const endsInMs = refreshTokenExpiresAt - now;
  if (endsInMs <= 0)
    return [error('login-expired', about, `it has ended on ${dayOf(refreshTokenExpiresAt)}`, signingIn(folder))];
  if (endsInMs > LOGIN_ENDS_SOON_MS) return [];
  const found = `it ends on ${dayOf(refreshTokenExpiresAt)} and cannot be renewed without you`;
  return [warning('login-ends', about, found, signingIn(folder))];
}

function shared(about: string, agents: readonly AgentSignIn[]): readonly Finding[] {
  const renewing = agents.filter(({ sources }) => sources[0]?.kind === 'stored-login').map(({ name }) => name);
  if (renewing.length < 2) return [];
  const found = `${namesOf(renewing)} renew it side by side: its refresh token works once, and a race can end it for all`;
  return [warning('login-shared', about, found, 'give agents that run for long a token of `claude setup-token`')];
}

function besideChecks({ path, login }: ConfigFolder, agents: readonly AgentSignIn[]): readonly Finding[] {
  const byToken = agents.filter(({ sources }) => sources.some(({ kind }) => kind === 'oauth-token'));
  if (login.is !== 'signed-in' || byToken.length === 0) return [];
  const found = `${namesOf(byToken.map(({ name }) => name))} ${byToken.length === 1 ? 'has' : 'have'} a token of the environment beside this login: before Claude Code 2.1.225 one passing 401 replaced the token by the login`;
  const todo = "give such agents a config folder without a login: env: { CLAUDE_CONFIG_DIR: '/another/folder' }";
  return [warning('token-beside-login', `login ${path}`, found, todo)];
}

function openChecks({ path, loginFile, open }: ConfigFolder): readonly Finding[] {
  return open === null
    ? []
    : [error('login-permissions', `login ${path}`, `${loginFile}: ${open}`, `chmod 600 ${loginFile}`)];
}

function lockChecks({ path, lockFile, lockAgeMs }: ConfigFolder): readonly Finding[] {
  if (lockAgeMs === null || lockAgeMs < LOCK_STALE_MS) return [];
  const found = `${lockFile} was left ${Math.floor(lockAgeMs / 60_000)} minutes ago by a renewal that never ended`;
  const todo = `if no claude runs that uses this folder: rmdir ${lockFile}`;
  return [warning('refresh-lock', `login ${path}`, found, todo)];
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
