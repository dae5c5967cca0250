import type { Measure } from './measure.ts';
import { crash } from './measures/crash.ts';
import { flood } from './measures/flood.ts';
import { killed } from './measures/killed.ts';
import { lines } from './measures/lines.ts';
import { list } from './measures/list.ts';
import { memory } from './measures/memory.ts';
import { policy } from './measures/policy.ts';
import { screen } from './measures/screen.ts';
import { signal } from './measures/signal.ts';
import { start } from './measures/start.ts';

/** In the order of the page. */
export const MEASURES: readonly Measure[] = [list, signal, lines, memory, crash, start, killed, flood, screen, policy];
