/** Who starts a daemon when the machine starts. */
export const BOOT_KINDS = ['systemd', 'launchd', 'cron'] as const;
export type BootKind = (typeof BOOT_KINDS)[number];

/** user: it begins with the user's first session, or with the machine where the user lingers · system: with the machine. */
export type BootScope = 'user' | 'system';

/** All that the texts are made of; absolute paths. */
export type BootPlan = {
  readonly scope: BootScope;
  /** What it is called there: a unit, a label. */
  readonly name: string;
  readonly node: string;
  /** The command line's program. */
  readonly program: string;
  readonly home: string;
  readonly user: string;
  readonly userHome: string;
  /** PATH of the daemon; agents have that of the command line that started them. */
  readonly path: string;
};

/** In every text, so that what we wrote can be told from what somebody else did. */
export const WRITTEN_BY_US = 'Written by agentvisor startup';
