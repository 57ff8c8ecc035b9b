import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventsClient } from '../../functions/adapters/aws/clients.ts';
import { createEventPublisher } from '../../functions/adapters/eventbridge/event-publisher.ts';
import { createBeginDisconnect } from '../../functions/core/connection/disconnect.ts';
import { mintGenerationAfter } from '../../functions/core/connection/generation.ts';
import { activateConnection } from '../../functions/core/consent/activate-connection.ts';
import { announceConnection } from '../../functions/core/consent/redeem-code.ts';
import { createDeadline } from '../../functions/core/deadline.ts';
import type { EventPublisher } from '../../functions/core/ports/events.ts';
import { createEventBridgeService, type PublishedEvent } from '../../local/aws/event-bridge-service.ts';
import { createFakeVault, type FakeVault } from '../support/fake-vault/fake-vault.ts';
import { createFakeRotator } from '../support/fakes/fake-rotator.ts';
import { ACCOUNT_ID, REGION, startStandIns } from './aws-stand-ins.ts';

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
const schema: object = JSON.parse(
  readFileSync(new URL('../../docs/events.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
}).compile(schema);

const service = createEventBridgeService({ accountId: ACCOUNT_ID, region: REGION, nowMs: () => Date.now() });
let publisher: EventPublisher;
let stop: () => Promise<void>;

beforeAll(async () => {
  const standIns = await startStandIns({ services: [service] });
  const client = createEventsClient(standIns.clientConfig);
  publisher = createEventPublisher({ client, busName: 'default', vaultName: 'AdobeTokenVault' });
  ({ stop } = standIns);
});
afterAll(() => stop());

type Story = (bench: FakeVault, events: { readonly events: EventPublisher }) => Promise<unknown>;

/** How each event is caused, with the real use cases. */
const STORIES: Readonly<Record<string, Story>> = {
  async Connected(bench, events) {
    const { token: _, schedule: __, ...connection } = await bench.connect();
    const nowMs = bench.clock.nowMs();
    const generation = mintGenerationAfter(connection.generation, nowMs, bench.random.bytes(10));
    const consent = { ...connection, generation };
    const deps = { ...bench, ...events, scopeSets: ['*'] };
    const activation = await activateConnection(
      deps,
      { consent, replace: true },
      createDeadline(bench.clock, 9_000),
    );
    await announceConnection(deps, activation.connection, undefined);
  },
  async Degraded(bench, events) {
    const { token: _, ...connection } = await bench.connect();
    const { connectionId, refresh } = connection;
    if (!refresh) throw new Error('There is no refresh token to spoil.');
    const spoilt = { ...refresh, sealed: refresh.sealed.map((byte) => byte ^ 1) };
    await bench.connections.update({ expected: connection, changes: { refresh: spoilt } });
    await bench.fireDue(connectionId, events);
  },
  async Recovered(bench, events) {
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms' });
    await bench.fireDue(connectionId);
    bench.ims.ledger.requireUserAction(subject, undefined);
    await bench.fireDue(connectionId, events);
  },
  async 'Expiring Soon'(bench, events) {
    const { connectionId } = await bench.connect({ sliding: 'no' });
    for (let dueIndex = 0; dueIndex < 3; dueIndex += 1) await bench.fireDue(connectionId, events);
  },
  async 'Reauthorization Required'(bench, events) {
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.ledger.revokeUser(subject);
    for (let dueIndex = 0; dueIndex < 5; dueIndex += 1) await bench.fireDue(connectionId, events);
  },
  async 'User Action Required'(bench, events) {
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms' });
    await bench.fireDue(connectionId, events);
  },
  async Disconnected(bench, events) {
    const { connectionId } = await bench.connect();
    const disconnect = createBeginDisconnect({
      ...bench,
      rotator: createFakeRotator(async () => 'still-running'),
      scopeSets: ['*'],
    });
    await disconnect(connectionId);
    await bench.rotate({ connectionId, trigger: 'disconnect' }, events);
  },
};

async function publishedBy(story: Story): Promise<readonly PublishedEvent[]> {
  const before = service.published().length;
  await story(createFakeVault({ sliding: false }), { events: publisher });
  return service.published().slice(before);
}

test.each(Object.entries(STORIES))('%s is published as its schema says', async (type, story) => {
  const published = await publishedBy(story);
  const events = published.filter((event) => event['detail-type'] === type);
  expect(events.length).toBeGreaterThan(0);
  for (const event of published) {
    expect(validate(event), JSON.stringify([event, validate.errors])).toBe(true);
  }
});

test('every event of the schema, and no other, is described on the page', () => {
  const rows = [...page.matchAll(/^\| `([A-Z][A-Za-z ]+)` \|/gm)].map(([, type]) => type);
  const inSchema = [...JSON.stringify(schema).matchAll(/"detail-type":\{"const":"([^"]+)"/g)].map(
    ([, type]) => type,
  );
  expect(rows.toSorted()).toEqual(inSchema.toSorted());
  expect(Object.keys(STORIES).toSorted()).toEqual(inSchema.toSorted());
});

function exampleOnThePage() {
  const [, text = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  return JSON.parse(text) as { readonly detail: Readonly<Record<string, unknown>> };
}

test('the example on the page is as the schema says', () => {
  expect(validate(exampleOnThePage()), JSON.stringify(validate.errors)).toBe(true);
});

test('the schema refuses an unknown event, a missing fact and one too many', () => {
  const example = exampleOnThePage();
  const { reason, ...lacking } = example.detail;
  const bad = [
    { ...example, 'detail-type': 'Something Else' },
    { ...example, detail: lacking },
    { ...example, detail: { ...lacking, reason, more: 1 } },
  ];
  expect(bad.map((event) => validate(event))).toEqual([false, false, false]);
});
