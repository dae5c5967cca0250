import { mono, wall, type Stamp } from '../kernel/moment.ts';

/** Both clocks. CLOCK_MONOTONIC is the same for all processes of one boot, so that any of them can read a deadline. */
export const stampNow = (boot: string): Stamp => ({
  mono: mono(Number(process.hrtime.bigint() / 1_000_000n)),
  wall: wall(Date.now()),
  boot,
});
