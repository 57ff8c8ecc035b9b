import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ShortReporter } from './test/support/reporter/short-reporter.ts';
import { HANGS_MS } from './test/support/time/hangs.ts';

const SHARED_SYNTH = './test/support/synth/shared-synth.ts';
const CHROMIUM = './test/support/chromium/unpack.ts';

const inProject = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const project = (name: string, extra: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
});

/** Nothing in these changes a module: loading the CDK and the SDK once for each worker instead of each file saves a minute. */
const TOGETHER = { isolate: false };

export default defineConfig({
  resolve: {
    // The examples import the package by its name, as everybody else does.
    alias: [
      { find: /^adobe-token-vault$/, replacement: inProject('./lib/index.ts') },
      { find: /^adobe-token-vault\/client$/, replacement: inProject('./client/index.ts') },
      { find: /^adobe-token-vault\/testing$/, replacement: inProject('./client/testing.ts') },
    ],
  },
  test: {
    environment: 'node',
    // Two cores: the default leaves one of them idle.
    maxWorkers: 2,
    restoreMocks: true,
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // CloudFormation's own rules take seconds for each template. They judge what is synthesised once for a whole run, outside
      // the workers, and every setting at once (`test/infra/cloudformation-rules.test.ts`), not each variant of a test.
      CDK_VALIDATION: 'false',
    },
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    teardownTimeout: HANGS_MS,
    expect: { poll: { timeout: HANGS_MS } },
    // What differs with a few lines around it, instead of two whole worlds.
    diff: { expand: false },
    reporters: [new ShortReporter(), ...(process.env.GITHUB_ACTIONS ? ['github-actions'] : [])],
    projects: [
      project('unit', TOGETHER),
      project('examples', { include: ['examples/**/*.test.ts'] }),
      project('contract', TOGETHER),
      project('conformance'),
      project('infra', { ...TOGETHER, globalSetup: [SHARED_SYNTH] }),
      project('integration', { ...TOGETHER, globalSetup: [SHARED_SYNTH] }),
      project('e2e', { globalSetup: [SHARED_SYNTH, CHROMIUM] }),
    ],
  },
});
