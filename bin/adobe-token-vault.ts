#!/usr/bin/env node
import { runCli } from '../cli/main.ts';
import { processWorld } from '../cli/process-world.ts';

// Not `process.exit`: what was printed may still be on its way.
process.exitCode = await runCli(process.argv.slice(2), processWorld(process));
