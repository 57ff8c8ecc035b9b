import { describe, expect, it } from 'vitest';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { createEraseSubject } from '../../../functions/core/connection/erase-subject.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps } from '../../../functions/core/rotation/run.ts';
import { createFakeSubjectIndex } from '../../support/fakes/fake-connection-indexes.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';
import { type CallPredicate, injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';
import { codeOf, connect, signIn } from './browser.ts';
import {
  APP_STATE,
  CLIENT_ID,
  createConsentWorld,
  RETURN_TO,
  SUBJECT,
  type WorldOptions,
} from './consent-world.ts';

const ID = 'acme.user-42';
const OTHER_ID = 'acme.user-43';
const OTHER_SUBJECT = 'FFFFFFFFFFFFFFFFFFFFFFFF@AdobeID';
const MINUTE_MS = 60_000;
const BODY = { returnTo: RETURN_TO, appState: APP_STATE };

/** Sign-ins, disconnects, erasures, and the rotations that revoke, with an Adobe that revokes everything of a user. */
function createReturnWorld(options: WorldOptions = {}) {
  const world = createConsentWorld({ revokesAt: 'user', ...options });
  const subjects = createFakeSubjectIndex(world.memory);
  const rotator = createFakeRotator(async () => ({ outcome: 'idle' }));
  const { deps, scopeSets } = world;
  const ending = { ...deps, subjects, rotator, scopeSets, clientId: CLIENT_ID };
  const rotate = (request: Partial<RotateRequest> = {}, replaced: Partial<RotationDeps> = {}) =>
    world.rotate({ connectionId: ID, ...request }, replaced);
  const consent = (connectionId = ID, subject = SUBJECT) => connect(world, connectionId, BODY, { subject });
  const redeem = async (code: string, connectionId = ID) => {
    const route = '/connections/{connectionId}/consents/redeem';
    return (await world.post(route, connectionId, { connectionCode: code })).statusCode;
  };
  const live = () => world.ims.ledger.liveRefreshTokens();
  const storedNow = (connectionId = ID) => {
    const connection = world.memory.connections.get(connectionId);
    if (connection === undefined) throw new Error(`There is no ${connectionId}.`);
    return connection;
  };
  return {
    ...world,
    rotate,
    consent,
    redeem,
    live,
    storedNow,
    disconnect: createBeginDisconnect(ending),
    erase: createEraseSubject(ending),
    /** A user who connected and disconnected. The revocations are still pending. */
    async disconnected(connectionId = ID, subject = SUBJECT) {
      await redeem(codeOf(await consent(connectionId, subject)), connectionId);
      world.clock.advance(MINUTE_MS);
      await createBeginDisconnect(ending)(connectionId);
    },
    /** The stored due time comes, and its schedule fires. */
    async fireSchedule(connectionId = ID) {
      world.clock.setNowMs(Math.max(world.clock.nowMs(), storedNow(connectionId).dueAtMs ?? 0));
      return rotate({ connectionId });
    },
  };
}

describe('A pending revocation of an ended grant', () => {
  it('waits while its user is back at the browser, and is never posted once the new grant is redeemed', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    const code = codeOf(await world.consent());
    world.clock.advance(MINUTE_MS);
    expect(await world.rotate({ trigger: 'disconnect' })).toMatchObject({ outcome: 'disconnecting' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.redeem(code)).toBe(200);
    expect(world.storedNow()).not.toHaveProperty('consentUnderWay');
    await world.fireSchedule();
    expect(world.live()).toHaveLength(2);
  });

  it('is posted within twelve minutes of a consent that is never redeemed, and the due time says when', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    await world.consent();
    const consentedAtMs = world.clock.nowMs();
    await world.rotate({ trigger: 'disconnect' });
    const { dueAtMs = 0, schedule, consentUnderWay } = world.storedNow();
    expect(dueAtMs).toBe(consentUnderWay?.untilMs);
    expect(schedule?.atMs).toBe(dueAtMs);
    expect(dueAtMs - consentedAtMs).toBeGreaterThan(11 * MINUTE_MS);
    expect(dueAtMs - consentedAtMs).toBeLessThanOrEqual(12 * MINUTE_MS);
    expect(await world.fireSchedule()).toEqual({ outcome: 'disconnected' });
    expect(world.live()).toEqual([]);
  });

  it('is posted in the end also when the user was erased during the consent', async () => {
    const world = createReturnWorld();
    await world.redeem(codeOf(await world.consent()));
    world.clock.advance(MINUTE_MS);
    const code = codeOf(await world.consent());
    world.clock.advance(1_000);
    expect(await world.erase(SUBJECT)).toMatchObject({ outcome: 'erasing', connections: 1 });
    await world.rotate({ trigger: 'disconnect' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.redeem(code)).toBe(409);
    expect(await world.fireSchedule()).toEqual({ outcome: 'disconnected' });
    expect(world.live()).toEqual([]);
  });

  it.each([
    ['an id that nothing was connected under', async () => {}],
    ['an id whose connection needs them', leaveNeedy],
  ] as const)('by another of their connections waits for a consent under %s', async (_, prepare) => {
    const world = createReturnWorld();
    await prepare(world);
    await world.disconnected();
    const code = codeOf(await world.consent(OTHER_ID));
    await world.rotate({ trigger: 'disconnect' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.redeem(code, OTHER_ID)).toBe(200);
    expect(await world.fireSchedule()).toEqual({ outcome: 'disconnected' });
    expect(world.ims.ledger.revocations).toEqual([]);
  });

  it('waits for a consent of its user under another id that came before the disconnect', async () => {
    const world = createReturnWorld();
    await world.redeem(codeOf(await world.consent()));
    const code = codeOf(await world.consent(OTHER_ID));
    world.clock.advance(1_000);
    await world.disconnect(ID);
    await world.rotate({ trigger: 'disconnect' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.redeem(code, OTHER_ID)).toBe(200);
    await world.fireSchedule();
    expect(world.live()).toHaveLength(2);
  });

  it('waits for a plain sign-in too, although only the answer names its user', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    await signIn(world);
    // The index lags behind the write: the new connection is not in it yet.
    const lagging = { connectionIdsOf: async () => [ID] };
    await world.rotate({ trigger: 'disconnect' }, { subjects: lagging });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.fireSchedule()).toEqual({ outcome: 'disconnected' });
    expect(world.live()).toHaveLength(2);
  });

  it('waits on a live connection too, without delaying its rotation', async () => {
    const world = createReturnWorld();
    await world.redeem(codeOf(await world.consent(ID, OTHER_SUBJECT)));
    await world.redeem(codeOf(await world.consent()));
    expect(world.storedNow().revocations).not.toEqual([]);
    await world.consent(OTHER_ID, OTHER_SUBJECT);
    const until = world.clock.nowMs();
    await world.consent(ID, OTHER_SUBJECT);
    await world.rotate();
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.rotate({ trigger: 'operator' })).toMatchObject({ outcome: 'rotated' });
    await world.fireSchedule();
    expect(world.clock.nowMs()).toBeGreaterThan(until + 11 * MINUTE_MS);
    expect(world.storedNow().revocations).toEqual([]);
  });

  it('waits for the later of two consents, whichever is redeemed first', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    const first = codeOf(await world.consent(ID, OTHER_SUBJECT));
    world.clock.advance(MINUTE_MS);
    await world.consent();
    expect(await world.redeem(first)).toBe(200);
    await world.rotate();
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(world.storedNow().dueAtMs).toBe(world.storedNow().consentUnderWay?.untilMs);
  });

  it('does not wait for a mark that no consent can have made', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    const untilMs = Date.UTC(2100, 0, 1);
    world.memory.connections.set(ID, { ...world.storedNow(), consentUnderWay: { untilMs } });
    expect(await world.rotate({ trigger: 'disconnect' })).toEqual({ outcome: 'disconnected' });
    expect(world.live()).toEqual([]);
  });

  it('does not wait when Adobe is known to revoke single tokens', async () => {
    const world = createReturnWorld({ revocationScope: 'token', revokesAt: 'token' });
    await world.disconnected();
    const code = codeOf(await world.consent());
    expect(world.storedNow()).not.toHaveProperty('consentUnderWay');
    expect(await world.rotate({ trigger: 'disconnect' })).toEqual({ outcome: 'disconnected' });
    expect(await world.redeem(code)).toBe(200);
    expect(world.live()).toHaveLength(1);
  });
});

describe('A consent that meets a revocation', () => {
  it('is marked before its code is exchanged, whatever is written at the same time', async () => {
    const seen: unknown[] = [];
    const commit = async () => {
      const token = world.storedNow();
      await world.connections.update({ expected: token, changes: { version: token.version + 1 } });
    };
    const world = createReturnWorld({
      callback: (deps) => ({
        ...deps,
        ims: {
          exchangeCode: (exchange) => {
            seen.push(world.memory.connections.get(ID)?.consentUnderWay);
            return deps.ims.exchangeCode(exchange);
          },
        },
        connections: injectFaults(deps.connections, [
          {
            kind: 'delay',
            when: ({ method, number }) => method === 'update' && number === 1,
            before: commit,
          },
        ]),
      }),
    });
    await world.disconnected();
    await world.consent();
    expect(seen.at(-1)).toMatchObject({ untilMs: expect.any(Number) });
  });

  it('waits for the answer to a revocation under way before it exchanges its code', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    const lease = { runId: 'revoking', untilMs: world.clock.nowMs() + 4_000 };
    world.memory.connections.set(ID, { ...world.storedNow(), lease });
    const before = world.clock.nowMs();
    await world.consent();
    expect(world.clock.nowMs() - before).toBeGreaterThanOrEqual(7_000);
    world.memory.connections.set(ID, {
      ...world.storedNow(),
      lease: { runId: 'dead', untilMs: world.clock.nowMs() + MINUTE_MS },
    });
    const again = world.clock.nowMs();
    await world.consent();
    expect(world.clock.nowMs() - again).toBeLessThanOrEqual(10_000);
  });

  it('that starts after a revocation took its lease is seen before the post', async () => {
    const world = createReturnWorld();
    await world.disconnected();
    const code: string[] = [];
    const opener = {
      open: async (...args: Parameters<RotationDeps['opener']['open']>) => {
        world.memory.connections.set(ID, (({ lease: _, ...rest }) => rest)(world.storedNow()));
        if (code.length === 0) code.push(codeOf(await world.consent()));
        return world.deps.opener.open(...args);
      },
    };
    const outcome = await world.rotate({ trigger: 'disconnect' }, { opener });
    expect(outcome).toMatchObject({ outcome: 'disconnecting' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(world.storedNow().failures).toBe(0);
    expect(await world.redeem(code[0] ?? '')).toBe(200);
  });

  it.each([
    ['the write of the mark', ID, 'connections', 'update'],
    ['the read before it', ID, 'connections', 'read'],
    ['the mark of another connection of the user', OTHER_ID, 'connections', 'update'],
    ['the query for the connections of the user', OTHER_ID, 'subjects', 'connectionIdsOf'],
  ] as const)('is marked although %s fails once', async (_, consentedId, port, method) => {
    const failure = { isDue: false };
    const fails: CallPredicate = (call) => {
      const isNow = failure.isDue && call.method === method;
      if (isNow) failure.isDue = false;
      return isNow;
    };
    const world = createReturnWorld({
      callback: (deps) => ({
        ...deps,
        [port]: injectFaults(deps[port], [unreachable('STORE_UNAVAILABLE', fails)]),
        // The last call before the consent is marked.
        consents: injectFaults(deps.consents, [
          {
            kind: 'delay',
            when: ({ method }) => method === 'consume',
            before: () => {
              failure.isDue = world.memory.connections.has(ID);
            },
          },
        ]),
      }),
    });
    await world.disconnected();
    const code = codeOf(await world.consent(consentedId));
    expect(failure.isDue).toBe(false);
    expect(world.storedNow()).toMatchObject({ consentUnderWay: { untilMs: expect.any(Number) } });
    expect(await world.rotate({ trigger: 'disconnect' })).toMatchObject({ outcome: 'disconnecting' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.redeem(code, consentedId)).toBe(200);
  });

  it('is marked after the exchange when its id came into use while the callback prepared', async () => {
    const world = createReturnWorld({
      callback: (deps) => ({
        ...deps,
        consents: injectFaults(deps.consents, [
          {
            kind: 'delay',
            when: ({ method, number }) => method === 'consume' && number === 1,
            before: async () => {
              await world.disconnected();
              world.clock.advance(1_000);
            },
          },
        ]),
      }),
    });
    const code = codeOf(await world.consent());
    await world.rotate({ trigger: 'disconnect' });
    expect(world.ims.ledger.revocations).toEqual([]);
    expect(await world.redeem(code)).toBe(200);
  });

  it('is kept although its marks cannot be written', async () => {
    const world = createReturnWorld({
      callback: (deps) => ({
        ...deps,
        connections: injectFaults(deps.connections, [unreachable('STORE_UNAVAILABLE', onEvery('update'))]),
        subjects: injectFaults(deps.subjects, [unreachable('STORE_UNAVAILABLE', onEvery())]),
      }),
    });
    await world.disconnected();
    expect(await world.redeem(codeOf(await world.consent()))).toBe(200);
  });

  it('is seen by a disconnect that writes at the same moment', async () => {
    const world = createReturnWorld();
    await world.redeem(codeOf(await world.consent()));
    const consentUnderWay = { codeDigest: 'of-a-code', untilMs: world.clock.nowMs() + MINUTE_MS };
    const marking = async () => {
      await world.connections.update({ expected: world.storedNow(), changes: { consentUnderWay } });
    };
    const connections = injectFaults(world.connections, [
      {
        kind: 'delay',
        when: ({ method, number }) => method === 'replaceGeneration' && number === 1,
        before: marking,
      },
    ]);
    const rotator = createFakeRotator(async () => ({ outcome: 'idle' }));
    const random = createSeededRandom('racing');
    await createBeginDisconnect({ ...world, connections, rotator, random })(ID);
    expect(world.storedNow()).toMatchObject({ state: 'disconnecting', consentUnderWay });
  });
});

async function leaveNeedy(world: ReturnType<typeof createReturnWorld>): Promise<void> {
  await world.redeem(codeOf(await world.consent(OTHER_ID)), OTHER_ID);
  world.memory.connections.set(OTHER_ID, { ...world.storedNow(OTHER_ID), state: 'needs-reauthorization' });
}
