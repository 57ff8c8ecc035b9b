#!/usr/bin/env node
import { runCli } from '../cli/main.ts';
import { processWorld } from '../cli/process-world.ts';

// Not `process.exit`: output may not be flushed yet.
process.exitCode = await runCli(process.argv.slice(2), processWorld(process));
