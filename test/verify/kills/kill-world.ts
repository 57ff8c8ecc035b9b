import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { linkUnthrottled } from '../../support/vault/unthrottled-assembly.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import type { GraceSeconds } from './classify-loss.ts';
import { type RotationWatch, watchRotations } from './watch-rotations.ts';

/** Short, so that a caller three hours after a death needs a refresh token that works. */
export const ACCESS_LIFETIME_SECONDS = 2 * 3_600;
/** Too short for any later post, long enough for a caller that asks soon, long enough for the reconciler, and without an end. */
const GRACES: readonly GraceSeconds[] = [60, 600, 6 * 3_600, 'until-successor-used'];

export interface KillWorld extends VaultWorld {
  readonly watch: RotationWatch;
  /** The number of rotations that run at once, each in a separate worker. */
  readonly workers: number;
}

/** One user with one connection. */
export interface Subject {
  readonly connectionId: string;
  readonly user: string;
  readonly mode: ProviderMode;
  readonly graceSeconds: GraceSeconds;
  /** The consent at IMS that the connection now stands for. */
  grant: string;
}

/** Unthrottled: a fast machine signs its users in faster than `/callback` is let in as deployed. */
export async function startKillWorld(cdkOut: string, workers = 12): Promise<KillWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-kills-'));
  await linkUnthrottled(cdkOut, directory);
  const world = await startVaultWorld({
    cdkOut: directory,
    stack: { maxEnvironments: workers },
    ims: { access: { lifetimeSeconds: ACCESS_LIFETIME_SECONDS } },
  });
  const watch = watchRotations(world);
  return {
    ...world,
    watch,
    workers,
    async stop() {
      watch.stop();
      await world.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Through a real consent, one after the other: the browser of the tests has one user at a time. */
export async function connectSubject(world: KillWorld, mode: ProviderMode, number: number): Promise<Subject> {
  const graceSeconds = GRACES[number % GRACES.length] ?? 60;
  const user = `${mode}-${number}`;
  world.ims.addUser({ key: user }).profile({ rotation: { mode, graceSeconds } });
  const subject = { connectionId: `demo.${user}`, user, mode, graceSeconds, grant: '' };
  await consent(world, subject);
  return subject;
}

/** The user signs in again, as an application asks for once a connection is lost. */
export async function consent(world: KillWorld, subject: Subject): Promise<void> {
  const { connectionId, user } = subject;
  const { redeemed } = await world.connect(connectionId, user, { replace: true });
  if (!redeemed.ok) throw new Error(`No consent for ${connectionId}: ${JSON.stringify(redeemed.problem)}`);
  const issued = world.ims.ledger.snapshot().refreshTokens.filter((token) => token.user === user);
  subject.grant = issued.at(-1)?.grant ?? '';
}
