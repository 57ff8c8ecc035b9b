import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { synthesise } from '../../support/synth/synthesise.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const HOUR_MS = 3_600_000;
const CANARY = 'demo.canary';

describe('A canary connection on the local stack', () => {
  let directory: string;
  let world: VaultWorld;
  let startedAtMs: number;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-canary-'));
    const cdkOut = join(directory, 'cdk.out');
    const context = { example: 'true', 'vault.canaryConnectionId': CANARY };
    synthesise({ functionBundles: inject('functionBundles'), outdir: cdkOut, context });
    world = await startVaultWorld({ cdkOut, ims: { rotation: { mode: 'strict' } } });
    await world.connect(CANARY, 'alice');
    startedAtMs = world.clock.nowMs();
  });
  afterAll(async () => {
    await world?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const pass = (hours: number) => world.passUntil(world.clock.nowMs() + hours * HOUR_MS);

  /** When the canary's alarms fired since it has one run behind it, in hours from its consent. */
  const firings = () => {
    const firstRunAtMs = startedAtMs + 7 * HOUR_MS;
    const changes = world.stack.alarms
      .changes()
      .filter(({ alarmName, atMs }) => alarmName.includes('-canary-') && atMs > firstRunAtMs);
    return changes
      .filter(({ to }) => to === 'ALARM')
      .map(({ alarmName, atMs: fromMs }) => ({
        id: alarmName.slice(alarmName.indexOf('canary-')),
        from: (fromMs - startedAtMs) / HOUR_MS,
        isOver: changes.some(
          ({ alarmName: other, to, atMs }) => other === alarmName && to === 'OK' && atMs > fromMs,
        ),
      }));
  };

  it('is rotated every six hours, forever, on one grant, and no schedule fires', async () => {
    await pass(48);
    const { tokenPosts, doubleSpends, liveGrants } = world.ims.ledger.user('alice');
    expect(tokenPosts.refresh_token).toBeGreaterThanOrEqual(7);
    expect(tokenPosts.refresh_token).toBeLessThanOrEqual(9);
    expect({ doubleSpends, liveGrants }).toEqual({ doubleSpends: 0, liveGrants: 1 });
    expect(firings()).toEqual([]);
  });

  it('stops while Adobe is down: its alarm fires within thirteen hours and clears with the next rotation', async () => {
    world.ims.faults.always({ kind: 'unavailable' });
    await pass(20);
    const [firing, ...others] = firings();
    expect(others).toEqual([]);
    expect(firing).toMatchObject({ id: 'canary-silent', isOver: false });
    expect(firing?.from).toBeGreaterThan(48 + 6);
    expect(firing?.from).toBeLessThanOrEqual(48 + 14);

    world.ims.faults.clear();
    await pass(12);
    expect(firings()).toEqual([{ ...firing, isOver: true }]);
  });

  it('is refused once its user revokes it, which fires with the next run', async () => {
    world.ims.user('alice').revokeGrants();
    await pass(7);
    expect(firings().map(({ id, isOver }) => ({ id, isOver }))).toEqual([
      { id: 'canary-silent', isOver: true },
      { id: 'canary-refused', isOver: false },
    ]);
  });

  it('causes no error in the stack', () => {
    expect(world.stack.problems()).toEqual([]);
  });
});
