import { describe, expect, it } from 'vitest';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';

function kindsIn(bench: ReturnType<typeof createFakeVault>) {
  return bench.breakers.present().recent.map(({ kind }) => kind);
}

describe('A lost answer', () => {
  it('is reported to the breakers before the token is posted again', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const { connectionId } = await bench.connect();
    const reported: string[][] = [];
    bench.ims.script({ lose: 'timeout' }, { after: async () => void reported.push(kindsIn(bench)) });
    await bench.fireDue(connectionId);
    expect(reported).toEqual([['unknown']]);
  });

  it('stays lost whatever the second post brings: a refusal then does not show that the outage has ended', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const { connectionId } = await bench.connect();
    bench.ims.script({ lose: 'reset' });
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'suspect' });
    expect(kindsIn(bench)).toEqual(['unknown']);
  });

  it('counts where the second post succeeds, and where it is lost as well counts once', async () => {
    const lucky = createFakeVault({ mode: 'reuse' });
    lucky.ims.script({ lose: 'reset' });
    expect(await lucky.fireDue((await lucky.connect()).connectionId)).toEqual({ outcome: 'rotated' });
    expect(kindsIn(lucky)).toEqual(['unknown']);
    const unlucky = createFakeVault({ mode: 'reuse' });
    unlucky.ims.script({ lose: 'reset' }, { lose: 'reset' });
    expect(await unlucky.fireDue((await unlucky.connect()).connectionId)).toMatchObject({
      outcome: 'unknown',
    });
    expect(kindsIn(unlucky)).toEqual(['unknown']);
  });
});
