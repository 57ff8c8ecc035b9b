#!/usr/bin/env node
import { runCli } from '../cli/main.ts';
import { processWorld } from '../cli/process-world.ts';

// The SDK would announce the end of its support for Node 20 before the result. The package contains the SDK that it needs.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// Not `process.exit`: output may not be flushed yet.
process.exitCode = await runCli(process.argv.slice(2), processWorld(process));
