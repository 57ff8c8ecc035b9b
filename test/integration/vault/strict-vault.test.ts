import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { doctorPolicy } from '../../../cli/commands/doctor-command.ts';
import { runCommand } from '../../support/cli/run-command.ts';
import { synthesise } from '../../support/synth/synthesise.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { withoutStatement } from '../../support/vault/withdraw-permission.ts';

const VAULT = 'AdobeTokenVault';
const HOUR_MS = 3_600_000;

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
    const rotated = await world.stack.invoke('rotate', { connectionId: 'demo.strict', trigger: 'operator' });
    expect(rotated.payload).toMatchObject({ outcome: 'rotated' });
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

  it('is healthy for doctor, which needs only what it prints', async () => {
    // The first run of the reconciler, which doctor asks for.
    await world.stack.time.advanceBy(1.1 * HOUR_MS);
    const apiId = world.stack.outputs[VAULT]?.ApiId ?? '';
    const policy = doctorPolicy({ stack: VAULT, vault: VAULT, region: 'us-east-1', apiId });
    const credentials = world.stack.iam.addOperator('Doctor', policy);
    const { document } = await runCommand(['doctor', '--json', '--endpoint', world.stack.awsEndpointUrl], {
      credentials: async () => credentials,
      fetch,
      nowMs: () => world.clock.nowMs(),
    });
    expect(document.healthy, JSON.stringify(document.findings)).toBe(true);
    expect(
      world.stack.iam
        .records()
        .filter(({ principal }) => 'roleName' in principal && principal.roleName === 'Doctor')
        .filter(({ request }) => request.action === 'kms:Decrypt')
        .map(({ decision }) => decision),
    ).toEqual(['Allowed']);
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
