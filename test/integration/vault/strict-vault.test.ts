import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { synthesise } from '../../support/synth/synthesise.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { withoutStatement } from '../../support/vault/withdraw-permission.ts';

describe('A strict vault, whose secrets have a key of its own', () => {
  let folder: string;
  let world: VaultWorld;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adobe-token-vault-strict-'));
    const context = { example: 'true', 'vault.compliance': 'strict' };
    synthesise({ functionBundles: inject('functionBundles'), outdir: folder, context });
    world = await startVaultWorld({ cdkOut: folder });
  });
  afterAll(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('connects, reads and rotates as any other', async () => {
    const { redeemed } = await world.connect('demo.strict', 'alice');
    expect(redeemed).toMatchObject({ ok: true });
    expect(await world.readCatalog('demo.strict')).toMatchObject({ catalogId: expect.any(String) });
    await world.passDays(9);
    expect(await world.api.status('demo.strict')).toMatchObject({
      value: { state: 'active', rotatedAt: expect.any(String) },
    });
  });

  it('asked KMS for each secret that a function read', () => {
    const asked = world.stack.iam
      .records()
      .filter(({ request }) => 'kms:EncryptionContext:SecretARN' in request.context);
    expect(new Set(asked.map(({ decision }) => decision))).toEqual(new Set(['Allowed']));
    const roles = asked.map(({ principal }) => ('roleName' in principal ? principal.roleName : ''));
    for (const name of ['Authorize', 'Callback', 'Consents', 'Rotate']) {
      expect(
        roles.some((role) => role.includes(`VaultFunctions${name}Role`)),
        name,
      ).toBe(true);
    }
  });

  it('cannot read the client secret without its key, and keeps the grant', async () => {
    await world.stack.kill('rotate');
    const restore = withoutStatement(world.stack.iam.role('VaultFunctionsRotateRole'), 'DecryptClientSecret');
    const { payload } = await world.stack.invoke('rotate', {
      connectionId: 'demo.strict',
      trigger: 'operator',
    });
    expect(payload).not.toMatchObject({ outcome: 'rotated' });
    restore();
    expect(await world.api.status('demo.strict')).toMatchObject({ value: { state: 'active' } });
  });
});
