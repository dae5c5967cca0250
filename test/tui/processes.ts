import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of the screens that look at this home. */
export const monitsOf = (home: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const isZombie = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        const environ = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return !isZombie && words.includes('monit') && environ.includes(`AGENTVISOR_HOME=${home}`);
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return false;
      }
    })
    .map(Number);
