import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { AuthorizationRecord } from '../../../local/aws/iam/authorizer.ts';
import { unneededParts } from '../../../local/aws/iam/unneeded-parts.ts';
import { until } from '../../support/time/until.ts';
import { importTokens } from '../../support/vault/import-tokens.ts';
import { SLEEP_SCALE, startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { withoutStatement } from '../../support/vault/withdraw-permission.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const APP_STATE = 'state-of-the-app-0123456789';

/** A commit is the one update that stores a commit id. */
function isCommitOf(connectionId: string, body: unknown): boolean {
  return JSON.stringify(body).includes('commitIds') && JSON.stringify(body).includes(connectionId);
}

describe('Every permission of every role', () => {
  let world: VaultWorld;
  const records: AuthorizationRecord[] = [];
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
  });
  afterAll(() => world.stop());

  /** Time passes until the connection's schedule has fired (up to a quarter of an hour late), or until just before. */
  const toRotationOf = async (connectionId: string, offsetMs = 16 * 60_000) => {
    const status = await world.api.status(connectionId);
    const dueAt = status.ok ? status.value.nextRotationAt : undefined;
    if (dueAt === undefined) throw new Error(`${connectionId} has no rotation ahead.`);
    await world.passUntil(Date.parse(dueAt) + offsetMs);
  };

  it('is needed on a good day: connect, read, idle, disconnect, forget', async () => {
    await world.connect('demo.reader', 'alice');
    await world.readCatalog('demo.reader');
    const { url } = await world.signIn('bob', { return_to: world.landingUrl, app_state: APP_STATE });
    const connectionCode = url.searchParams.get('connection_code') ?? '';
    const signedIn = await world.api.redeemSignIn({ connectionCode, appState: APP_STATE });
    if (!signedIn.ok) throw new Error('The sign-in was not redeemed.');
    await world.api.status(signedIn.value.connectionId);
    await world.api.status('demo.reader');
    await world.passDays(2);
    expect(await world.readCatalog('demo.reader')).toMatchObject({ catalogId: expect.any(String) });
    await world.api.disconnect(signedIn.value.connectionId);
    await world.api.disconnect('demo.reader');
    await world.passDays(8);
    expect(await world.api.status('demo.reader')).toMatchObject({ status: 404 });
  });

  it('is needed when another Adobe user takes a connection over', async () => {
    await world.connect('demo.shared', 'alice');
    const { redeemed } = await world.connect('demo.shared', 'bob', { replace: true });
    expect(redeemed).toMatchObject({ ok: true, value: { sub: world.ims.user('bob').sub } });
    await world.stack.time.advanceBy(HOUR_MS);
    expect(world.ims.ledger.user('alice').revocationsConfirmed.refresh).toBeGreaterThan(0);
  });

  it('is needed when a schedule could not be created and the reconciler finds the due time', async () => {
    world.stack.faults.next({
      service: 'scheduler',
      operation: 'CreateSchedule',
      effect: { kind: 'error', code: 'InternalServerException', status: 500 },
      times: 2,
    });
    await world.connect('demo.unarmed', 'carol');
    await world.passDays(9);
    expect(await world.api.status('demo.unarmed')).toMatchObject({
      value: { rotatedAt: expect.any(String) },
    });
  });

  it('is needed when every schedule is deleted with its group, and the reconciler recreates it', async () => {
    await world.connect('demo.ungrouped', 'carol');
    world.stack.scheduler.deleteGroup('AdobeTokenVault');
    // The reply is lost, so the SDK asks again and learns that the group exists: the reconciler looks whether it is usable.
    world.stack.faults.next({
      service: 'scheduler',
      operation: 'CreateScheduleGroup',
      effect: { kind: 'loseReply' },
    });
    await world.passDays(9);
    expect(await world.api.status('demo.ungrouped')).toMatchObject({
      value: { rotatedAt: expect.any(String), state: 'active' },
    });
  });

  it('is needed by operators: they list connections at risk, rotate by force, and erase a user', async () => {
    const operate = async (routeKey: string, request: object = {}) => {
      const headers = { 'content-type': 'application/json' };
      const event = { version: '2.0', routeKey, headers, requestContext: {}, ...request };
      const { payload } = await world.stack.invoke('AdobeTokenVault-connections', event);
      return payload as { readonly statusCode: number; readonly body: string };
    };
    await world.connect('demo.erased', 'carol');
    const listed = await operate('GET /connections', { rawQueryString: 'limit=200' });
    expect(JSON.parse(listed.body).connections).toContainEqual(
      expect.objectContaining({ connectionId: 'demo.erased', state: 'active' }),
    );
    const atRisk = await operate('GET /connections', { rawQueryString: 'at_risk_within=400d' });
    expect(atRisk).toMatchObject({ statusCode: 200 });
    const { sub } = world.ims.user('carol');
    const erased = await operate('POST /subjects/erase', { body: JSON.stringify({ sub }) });
    expect(erased).toMatchObject({ statusCode: 202 });
    await world.stack.time.advanceBy(HOUR_MS);
    expect(await world.api.status('demo.erased')).toMatchObject({ status: 404 });
  });

  it('is needed to import: a new one, one that ends soon, and one in the place of another user', async () => {
    await world.connect('demo.taken', 'alice');
    const soon = new Date(world.clock.nowMs() + 2 * HOUR_MS).toISOString();
    const token = () => world.ims.user('carol').issueGrant().refreshToken;
    const lines = [
      { connectionId: 'demo.imported', refreshToken: token(), refreshExpiresAt: soon },
      { connectionId: 'demo.taken', refreshToken: token() },
    ];
    const answer = await importTokens(world, lines, 'replace=true');
    expect(answer.results.map(({ result }) => result)).toEqual(['imported', 'replaced']);
    await world.stack.time.advanceBy(3 * HOUR_MS);
    for (const { connectionId } of lines) {
      expect(await world.api.status(connectionId)).toMatchObject({
        value: { state: 'active', sub: world.ims.user('carol').sub, rotatedAt: expect.any(String) },
      });
    }
  });

  it('is needed when a successor cannot be committed: parked, then recovered', async () => {
    await world.connect('demo.parked', 'carol');
    world.stack.faults.next({
      service: 'dynamodb',
      operation: 'UpdateItem',
      when: (call) => call.caller.roleName.includes('otate') && isCommitOf('demo.parked', call.json()),
      times: 10_000,
      effect: { kind: 'error', code: 'InternalServerError', status: 500 },
    });
    // The commit is tried until its real deadline: at the true pace, not fifty times as often.
    world.clock.scaleSleeps(1);
    await toRotationOf('demo.parked');
    world.clock.scaleSleeps(SLEEP_SCALE);
    expect(world.stack.logs.search({ contains: 'was parked' })).not.toEqual([]);
    world.stack.faults.clear();
    await world.stack.time.advanceBy(HOUR_MS / 4);
    expect(await world.api.status('demo.parked')).toMatchObject({ value: { state: 'active' } });
    const parked = world.stack.scheduler.schedules().filter(({ name }) => name.startsWith('park-'));
    expect(parked).toEqual([]);
    expect(world.ims.ledger.doubleSpends()).toEqual([]);
  });

  it('is needed when rotate crashes between Adobe’s answer and the commit', async () => {
    world.ims.addUser({ key: 'erin' }).profile({ rotation: { mode: 'reuse' } });
    await world.connect('demo.killed', 'erin');
    const killed = new AbortController();
    world.ims.faults.next(
      { kind: 'held', until: killed.signal },
      { user: 'erin', grantType: 'refresh_token' },
    );
    const posts = () => world.ims.ledger.user('erin').tokenPosts.refresh_token;
    const moving = toRotationOf('demo.killed');
    await until(() => posts() > 0);
    await world.stack.kill('rotate');
    killed.abort();
    await moving;
    await world.stack.time.advanceBy(DAY_MS + HOUR_MS);
    expect(await world.api.status('demo.killed')).toMatchObject({ value: { state: 'active' } });
    expect(await world.readCatalog('demo.killed')).toMatchObject({ catalogId: expect.any(String) });
  });

  it('is needed when rotate cannot read at all: the request ends in the dead-letter queue', async () => {
    await world.connect('demo.dead', 'carol');
    world.stack.faults.next({
      service: 'dynamodb',
      operation: 'GetItem',
      when: (call) => call.caller.roleName.includes('otate'),
      times: 10_000,
      effect: { kind: 'error', code: 'InternalServerError', status: 500 },
    });
    await world.api.disconnect('demo.dead');
    await world.stack.time.advanceBy(HOUR_MS / 6);
    world.stack.faults.clear();
    await world.stack.time.advanceBy(3 * HOUR_MS);
    expect(await world.api.status('demo.dead')).toMatchObject({ status: 404 });
  });

  it('is needed when Adobe is down: the breakers are written', async () => {
    await world.connect('demo.outage', 'carol');
    const end = world.ims.faults.always({ kind: 'empty-500' }, { user: 'carol' });
    await toRotationOf('demo.outage');
    end();
    await world.stack.time.advanceBy(2 * HOUR_MS);
    expect(await world.api.status('demo.outage')).toMatchObject({ value: { state: 'active' } });
  });

  it('invalidated, reaches the caller as AccessDenied and loses nothing', async () => {
    world.ims.addUser({ key: 'frank' }).profile({ rotation: { mode: 'strict' } });
    await world.connect('demo.denied', 'frank');
    await toRotationOf('demo.denied', -60_000);
    const restoreOpening = withoutStatement(
      world.stack.iam.role('VaultFunctionsRotateRole'),
      'OpenAndSealRefreshTokens',
    );
    const restoreVending = withoutStatement(
      world.stack.iam.role('VaultFunctionsAccessTokenRole'),
      'OpenAccessTokens',
    );
    await world.stack.time.advanceBy(17 * 60_000);
    expect(await world.readCatalog('demo.denied')).toMatchObject({
      error: { code: 'temporarily_unavailable' },
    });
    expect(world.ims.ledger.user('frank').tokenPosts.refresh_token).toBe(0);
    expect(
      world.stack.logs.search({ functionName: 'AdobeTokenVault-rotate', contains: 'ACCESS_DENIED' }),
    ).not.toEqual([]);
    expect(await world.api.status('demo.denied')).toMatchObject({ value: { state: 'active' } });
    restoreOpening();
    restoreVending();
    await world.stack.time.advanceBy(2 * HOUR_MS);
    expect(await world.readCatalog('demo.denied')).toMatchObject({ catalogId: expect.any(String) });
    expect(world.ims.ledger.user('frank')).toMatchObject({ doubleSpends: 0, liveGrants: 1 });
  });

  it('of the schedules’ role is needed too: an invocation that is refused goes to the dead-letter queue', async () => {
    await world.connect('demo.unrung', 'carol');
    await toRotationOf('demo.unrung', -60_000);
    const restore = withoutStatement(world.stack.iam.role('VaultSchedulingRole'), 'RunDue');
    await world.stack.time.advanceBy(17 * 60_000);
    restore();
    await world.stack.time.advanceBy(3 * HOUR_MS);
    expect(await world.api.status('demo.unrung')).toMatchObject({ value: { state: 'active' } });
  });

  it('was used: without any action or resource of any statement, some recorded request is denied', () => {
    records.push(...world.stack.iam.records());
    const unneeded = unneededParts(world.stack.iam.directory, records)
      .filter(
        ({ owner }) =>
          'roleName' in owner &&
          // The consumer reads batches in tests of its own: test/integration/client.
          !owner.roleName.includes('LightroomReader') &&
          // Topics receive nothing here: test/infra/first-deployment.test.ts.
          !owner.roleName.includes('RecoveryMessages'),
      )
      .map((part) => JSON.stringify(part));
    expect(unneeded).toEqual([]);
  });
});
