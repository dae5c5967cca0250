#!/usr/bin/env node
/** Stands for any program: it works, and says in a file that it does. Stop it (`kill -STOP`) to see it replaced. */
import { writeFileSync } from 'node:fs';

setInterval(() => writeFileSync('heartbeat', String(process.pid)), 200);
