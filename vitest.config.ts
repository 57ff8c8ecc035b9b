import { defineConfig } from 'vitest/config';

const project = (name: string, extra: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
});

export default defineConfig({
  test: {
    environment: 'node',
    restoreMocks: true,
    projects: [
      project('unit'),
      project('contract', { testTimeout: 20_000 }),
      project('conformance', { testTimeout: 20_000 }),
      project('infra', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('integration', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('e2e', { testTimeout: 120_000, hookTimeout: 60_000 }),
    ],
  },
});
