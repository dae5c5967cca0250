import { machine } from './machine.ts';

/** `node:os` of the present machine. */

export const uptime = (): number => (machine().mono + machine().asleepMs) / 1_000;
export const homedir = (): string => '/root';
export const hostname = (): string => 'machine';
export const tmpdir = (): string => '/tmp';
