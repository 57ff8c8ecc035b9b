import { prepareAssembly } from './assembly/prepare-assembly.ts';
import { DemoError } from './demo-error.ts';
import { createEnvironment } from './script/environment.ts';
import { reportOf } from './script/report.ts';
import { runScript } from './script/script.ts';
import { createTranscript } from './script/transcript.ts';
import { demoUsersAtIms } from './script/users.ts';
import { startDemoWorld } from './world/demo-world.ts';

// The SDK would announce the end of its support for this Node in the middle of the transcript.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const startedAtMs = performance.now();

function write(line: string): void {
  console.log(line);
}

async function run(): Promise<boolean> {
  const cdkOut = await prepareAssembly(write);
  const world = await startDemoWorld({ cdkOut, users: demoUsersAtIms(), tickMs: 0, onProgress: write });
  try {
    const transcript = createTranscript({ write, nowMs: () => world.stack.clock.nowMs() });
    const findings = await runScript(createEnvironment(world, transcript));
    const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10;
    const report = reportOf(findings, { world, transcript, seconds });
    if (process.argv.includes('--json')) write(JSON.stringify(report));
    return report.ok;
  } finally {
    await world.stop();
  }
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof DemoError ? error.message : error);
  process.exitCode = 1;
}
