import { expect, test, vi } from 'vitest';

test.each(['lightroom-catalog', 'many-tenants', 'two-vaults', 'step-functions', 'frame-io-comments'])(
  'the handler of %s can be imported where no vault is known',
  async (example) => {
    vi.resetModules();
    expect(await import(`../../../examples/${example}/handler.ts`)).toHaveProperty('handler');
  },
);
