import { RootConstruct } from 'constructs';
import type * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { DeploymentError } from '../../lib/deployment-error.ts';
import { parseAppSettings } from '../../lib/settings/app-settings.ts';
import { settingsFromContext } from '../../lib/settings/settings-from-context.ts';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import { parseVaultSettings, type vaultSettings } from '../../lib/settings/vault-settings.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';

const certificateArn = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab';
const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-1234567890ab';
const mrkArn = `arn:aws:kms:eu-west-1:111122223333:key/mrk-${'1'.repeat(32)}`;
const existing = { refreshKeyArn: keyArn, accessKeyArn: keyArn };
const browserCertificateArn = certificateArn.replace('eu-west-1', 'us-east-1');

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

function refusalOf(settings: unknown): DeploymentError {
  try {
    parseVaultSettings(settings);
  } catch (error) {
    if (error instanceof DeploymentError) return error;
    throw error;
  }
  throw new Error('The settings were taken.');
}

describe('settings', () => {
  it('are typed as the schema takes them', () => {
    expectTypeOf<DeepReadonly<TokenVaultSettings>>().toEqualTypeOf<
      DeepReadonly<v.InferInput<typeof vaultSettings>>
    >();
  });

  it('need a client id, scopes and return URLs, and have defaults for the rest', () => {
    expect(parseVaultSettings(TEST_SETTINGS)).toEqual({
      ...TEST_SETTINGS,
      imsBaseUrl: 'https://ims-na1.adobelogin.com',
      scopeSets: [],
      plainSignIn: true,
      storeProfile: false,
      revocationScope: 'unknown',
      maxSchedulesPerMinute: 120,
      throttling: {
        ratePerSecond: 200,
        burst: 400,
        publicRatePerSecond: 20,
        publicBurst: 40,
        callbackRatePerSecond: 5,
        callbackBurst: 20,
      },
      tokenKeys: [{ id: 1, multiRegion: false }],
      logRetentionDays: 90,
      compliance: 'standard',
      tracing: false,
      dataEvents: false,
      deployment: 'all-at-once',
      reservedConcurrency: {},
      tags: {},
    });
  });

  it('follow the compliance level where they are not set', () => {
    const parse = (settings: Partial<TokenVaultSettings>) => {
      const { logRetentionDays, tracing, dataEvents } = parseVaultSettings({ ...TEST_SETTINGS, ...settings });
      return [logRetentionDays, tracing, dataEvents];
    };
    expect(parse({ compliance: 'strict' })).toEqual([365, true, true]);
    expect(parse({ compliance: 'strict', logRetentionDays: 400, dataEvents: false })).toEqual([
      400,
      true,
      false,
    ]);
    expect(parse({ tracing: true, dataEvents: true, logRetentionDays: 7 })).toEqual([7, true, true]);
  });

  it('take one spelling of a scope set for all', () => {
    const { scopeSets } = parseVaultSettings({ ...TEST_SETTINGS, scopeSets: [' openid  AdobeID openid '] });

    expect(scopeSets).toEqual(['AdobeID openid']);
  });

  it('take plain http for loopback hosts, and drop a slash after the host', () => {
    const { imsBaseUrl, returnUrls } = parseVaultSettings({
      ...TEST_SETTINGS,
      imsBaseUrl: 'http://127.0.0.1:4000/',
      returnUrls: ['http://localhost:3000/connected?from=adobe'],
    });

    expect(imsBaseUrl).toBe('http://127.0.0.1:4000');
    expect(returnUrls).toEqual(['http://localhost:3000/connected?from=adobe']);
  });

  it('may name the app and where its users find help', () => {
    for (const supportUrl of ['https://help.example.test/adobe?from=vault', 'mailto:help@example.test']) {
      const settings = parseVaultSettings({
        ...TEST_SETTINGS,
        appName: ' Photos & Films – アドビ ',
        supportUrl,
      });

      expect(settings).toMatchObject({ appName: 'Photos & Films – アドビ', supportUrl });
    }
  });

  it('may name a topic that the operator has already', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';

    expect(parseVaultSettings({ ...TEST_SETTINGS, alarmTopicArn })).toMatchObject({ alarmTopicArn });
  });

  it.each<[string, object]>([
    ['vault.clientId must be set.', { clientId: undefined }],
    ['vault.clientId must not be empty.', { clientId: ' ' }],
    ['vault.scopes must be set.', { scopes: undefined }],
    ['vault.scopes must be a list of scopes.', { scopes: 'openid' }],
    ['vault.scopes must include openid: Adobe refuses a request without it.', { scopes: ['offline_access'] }],
    ['vault.scopes must not name a scope twice.', { scopes: ['openid', 'openid'] }],
    ['vault.scopes.0 must be one scope, without spaces, commas or quotes.', { scopes: ['openid,AdobeID'] }],
    ['vault.scopes.1 must be one scope, without spaces, commas or quotes.', { scopes: ['openid', 'a b'] }],
    ['vault.scopes must not exceed 768 characters in all.', { scopes: ['openid', 'x'.repeat(800)] }],
    ['vault.returnUrls must be set.', { returnUrls: undefined }],
    ['vault.returnUrls must name at least one URL that the browser may return to.', { returnUrls: [] }],
    [
      'vault.returnUrls.0 must be an absolute https URL without fragment (http is accepted for loopback hosts only).',
      { returnUrls: ['http://app.example.test/'] },
    ],
    [
      'vault.returnUrls.0 must be an absolute https URL without fragment (http is accepted for loopback hosts only).',
      { returnUrls: ['https://app.example.test/#done'] },
    ],
    ['vault.returnUrls must not name a URL twice.', { returnUrls: ['https://a.test/', 'https://a.test/'] }],
    [
      'vault.returnUrls.0 must not exceed 2048 characters.',
      { returnUrls: [`https://a.test/${'x'.repeat(2_100)}`] },
    ],
    [
      'vault.imsBaseUrl must be an absolute https URL (http is accepted for loopback hosts only).',
      { imsBaseUrl: 'http://ims-na1.adobelogin.com' },
    ],
    [
      'vault.imsBaseUrl must be a scheme and host alone, without a path.',
      { imsBaseUrl: 'https://ims-na1.adobelogin.com/ims' },
    ],
    [
      'vault.imsBaseUrl must be an absolute https URL (http is accepted for loopback hosts only).',
      { imsBaseUrl: 'adobe' },
    ],
    ['vault.appName must not be empty.', { appName: ' ' }],
    ['vault.appName must be one line of plain text.', { appName: 'Photos\nFilms' }],
    ['vault.appName must be one line of plain text.', { appName: 'Photos \u202Esmlif' }],
    ['vault.appName must not exceed 60 characters.', { appName: 'x'.repeat(61) }],
    ...['http://help.test/', 'javascript:alert(1)', 'help@app.test', 'mailto:', 'https://me@help.test/'].map(
      (supportUrl): [string, object] => [
        'vault.supportUrl must be an https URL, or mailto: with one address.',
        { supportUrl },
      ],
    ),
    [
      'vault.supportUrl must not exceed 256 characters.',
      { supportUrl: `https://help.test/${'x'.repeat(256)}` },
    ],
    ['vault.domainName must be a host name.', { domainName: 'https://vault.test', certificateArn }],
    [
      'vault.certificateArn must be set too: a custom domain needs both domainName and certificateArn.',
      { domainName: 'vault.example.test' },
    ],
    [
      'vault.domainName must be set too: a custom domain needs both domainName and certificateArn.',
      { certificateArn },
    ],
    [
      'vault.certificateArn must be the ARN of a certificate in AWS Certificate Manager.',
      { domainName: 'vault.example.test', certificateArn: 'mine' },
    ],
    [
      'vault.domainName must be set too: the record in vault.hostedZone is for it.',
      { hostedZone: { hostedZoneId: 'Z0123', zoneName: 'example.test' } },
    ],
    [
      'vault.domainName must be example.test or a name below it.',
      {
        domainName: 'vault.anotherexample.test',
        certificateArn,
        hostedZone: { hostedZoneId: 'Z0123', zoneName: 'example.test' },
      },
    ],
    [
      'vault.hostedZone.hostedZoneId must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ.',
      { hostedZone: { hostedZoneId: '/hostedzone/Z0123', zoneName: 'example.test' } },
    ],
    [
      'vault.hostedZone must be a hosted zone, with hostedZoneId and zoneName.',
      { hostedZone: 'example.test' },
    ],
    [
      'vault.scopeSets must not name more than 4 scope sets.',
      { scopeSets: ['openid', 'AdobeID', 'offline_access', 'lr_partner_apis', 'lr_partner_rendition_apis'] },
    ],
    ['vault.scopeSets must not name a scope set twice.', { scopeSets: ['openid AdobeID', 'AdobeID openid'] }],
    [
      'vault.scopeSets.1 must only name scopes of vault.scopes, which lacks creative_sdk.',
      { scopeSets: ['openid', 'openid creative_sdk'] },
    ],
    ['vault.storeProfile must be true or false.', { storeProfile: 'yes' }],
    ['vault.plainSignIn must be true or false.', { plainSignIn: 'no' }],
    ['vault.revocationScope must be unknown, token or user.', { revocationScope: 'all' }],
    ['vault.maxSchedulesPerMinute must be a whole number above 0.', { maxSchedulesPerMinute: 0 }],
    ['vault.maxSchedulesPerMinute must be a whole number above 0.', { maxSchedulesPerMinute: 1.5 }],
    ['vault.throttling must be an object.', { throttling: 5 }],
    ['vault.throttling.burst must be a whole number above 0.', { throttling: { burst: -1 } }],
    ['vault.throttling.rate is not a setting of the vault.', { throttling: { rate: 1 } }],
    ['vault.compliance must be standard or strict.', { compliance: 'high' }],
    ['vault.tracing must be true or false.', { tracing: 'yes' }],
    ['vault.dataEvents must be true or false.', { dataEvents: 1 }],
    [
      'vault.logRetentionDays must be at least 365 with vault.compliance strict.',
      { compliance: 'strict', logRetentionDays: 180 },
    ],
    [
      'vault.tracing must not be false with vault.compliance strict.',
      { compliance: 'strict', tracing: false },
    ],
    [
      'vault.logRetentionDays must be a number of days that CloudWatch Logs offers, such as 30, 90 or 365.',
      { logRetentionDays: 91 },
    ],
    ...['on-call', 'arn:aws:sns:eu-west-1:111122223333:on-call.fifo', certificateArn].map(
      (alarmTopicArn): [string, object] => [
        'vault.alarmTopicArn must be the ARN of a standard topic in Amazon SNS.',
        { alarmTopicArn },
      ],
    ),
    ['vault.deployment must be all-at-once or canary.', { deployment: 'linear' }],
    [
      'vault.canaryConnectionId must be a connection id, such as ops.canary.',
      { canaryConnectionId: 'ops.*' },
    ],
    ['vault.tags must be an object of texts.', { tags: 'team' }],
    ['vault.tags.team must be a text.', { tags: { team: 5 } }],
    ['vault.tags.team must be letters, digits, spaces and + - = . _ : / @', { tags: { team: 'a;b' } }],
    [
      'vault.tags.a;b must have keys of letters, digits, spaces and + - = . _ : / @',
      { tags: { 'a;b': 'x' } },
    ],
    [
      'vault.tags.aws:team must not have keys that start with aws:, which belong to AWS.',
      { tags: { 'aws:team': 'x' } },
    ],
    [
      "vault.tags.adobe-token-vault must not have the key adobe-token-vault, which holds the vault's name.",
      { tags: { 'adobe-token-vault': 'x' } },
    ],
    [
      'vault.tags must not exceed 40 tags.',
      { tags: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`tag-${at}`, 'x'])) },
    ],
    [
      'vault.reservedConcurrency must be an object of function names and numbers.',
      { reservedConcurrency: 10 },
    ],
    [
      'vault.reservedConcurrency.rotate must be a whole number above 0.',
      { reservedConcurrency: { rotate: 0 } },
    ],
    [
      'vault.reservedConcurrency.rotator is not a setting of the vault.',
      { reservedConcurrency: { rotator: 1 } },
    ],
    ['vault.browserDomainName must be a host name.', { browserDomainName: 'https://connect.test' }],
    [
      'vault.browserCertificateArn must be the ARN of a certificate in AWS Certificate Manager in us-east-1: CloudFront takes no other.',
      { browserDomainName: 'connect.example.test', browserCertificateArn: certificateArn },
    ],
    [
      'vault.browserDomainName must be set too: CloudFront answers under it.',
      { domainName: 'vault.example.test', certificateArn, browserCertificateArn },
    ],
    [
      'vault.domainName must be set too: CloudFront calls the vault under it.',
      { browserDomainName: 'connect.example.test', browserCertificateArn },
    ],
    [
      'vault.browserDomainName must differ from vault.domainName, which signed callers use.',
      { domainName: 'vault.example.test', certificateArn, browserDomainName: 'vault.example.test' },
    ],
    ['vault.tokenKeys must name at least one key set.', { tokenKeys: [] }],
    ['vault.tokenKeys must not name a key set twice.', { tokenKeys: [{ id: 1 }, { id: 1 }] }],
    ['vault.tokenKeys.0.id must be a whole number above 0.', { tokenKeys: [{ id: 0 }] }],
    [
      'vault.tokenKeys.0.replicaOf.refreshKeyArn must be the ARN of a multi-Region key of AWS KMS.',
      { tokenKeys: [{ id: 1, replicaOf: { refreshKeyArn: 'key', accessKeyArn: 'key' } }] },
    ],
    [
      'vault.tokenKeys.0.existing.accessKeyArn must be the ARN of a key of AWS KMS.',
      { tokenKeys: [{ id: 1, existing: { refreshKeyArn: keyArn, accessKeyArn: 'alias/vault' } }] },
    ],
    [
      'vault.tokenKeys must not call replicas or existing keys multiRegion: they are what they are.',
      { tokenKeys: [{ id: 1, multiRegion: true, existing }] },
    ],
    [
      'vault.tokenKeys must not call a pair of keys both replicas and existing.',
      { tokenKeys: [{ id: 1, existing, replicaOf: { refreshKeyArn: mrkArn, accessKeyArn: mrkArn } }] },
    ],
    ['vault.cleintId is not a setting of the vault.', { cleintId: 'abc' }],
  ])('are refused with: %s', (sentence, change) => {
    const settings = JSON.parse(JSON.stringify({ ...TEST_SETTINGS, ...change })) as unknown;

    const { code, message } = refusalOf(settings);
    expect(code).toBe('SETTING_INVALID');
    // What was set follows, where it is a text, a number, a flag or a list of these.
    expect(message.replace(/ It is (["\d[-]|true|false).*$/s, '')).toBe(`The setting ${sentence}`);
  });

  it.each<[string, object]>([
    [
      'vault.domainName must be a host name. It is "https://vault.test"',
      { domainName: 'https://vault.test', certificateArn },
    ],
    ['vault.maxSchedulesPerMinute must be a whole number above 0. It is 1.5', { maxSchedulesPerMinute: 1.5 }],
    [
      `vault.returnUrls.0 must not exceed 2048 characters. It is "https://a.test/${'x'.repeat(64)}…`,
      { returnUrls: [`https://a.test/${'x'.repeat(2_100)}`] },
    ],
    [
      'vault.scopes must include openid: Adobe refuses a request without it. It is ["AdobeID"]',
      { scopes: ['AdobeID'] },
    ],
    ['vault.clientId must be a text. It is null', { clientId: null }],
    [
      'vault.throttling.burst must be a whole number above 0. It is NaN',
      { throttling: { burst: Number.NaN } },
    ],
    ['vault.tags must be an object of texts. It is ["team","photos"]', { tags: ['team', 'photos'] }],
  ])('are shown where they are wrong: %s', (sentence, change) => {
    expect(refusalOf({ ...TEST_SETTINGS, ...change }).message).toBe(`The setting ${sentence}`);
  });

  it.each<[string, object]>([
    ['vault.clientId', { clientId: undefined }],
    ['vault.tags.team', { tags: { team: undefined } }],
    ['vault.tokenKeys.0.id', { tokenKeys: [{}] }],
    [
      'vault.hostedZone.zoneName',
      { domainName: 'vault.test', certificateArn, hostedZone: { hostedZoneId: 'Z1', zonename: 'test' } },
    ],
  ])('%s must be set where it is missing, also as undefined', (name, change) => {
    expect(refusalOf({ ...TEST_SETTINGS, ...change }).message).toBe(`The setting ${name} must be set.`);
  });

  it.each([undefined, null, 'vault', 5])('%j in the place of all settings is refused', (settings) => {
    expect(() => parseVaultSettings(settings)).toThrow('The setting vault must be an object.');
  });
});

describe('the stage', () => {
  it.each<[boolean, unknown, unknown]>([
    [false, undefined, undefined],
    [false, 'prod', undefined],
    [true, undefined, true],
    [true, 'test', true],
    [false, 'prod', false],
  ])('leads to termination protection %s for %j where the setting is %j', (expected, stage, setting) => {
    expect(parseAppSettings({ stage, terminationProtection: setting }).terminationProtection).toBe(expected);
  });

  it('is protected or not', () => {
    expect(() => parseAppSettings({ stage: 'prod', terminationProtection: 'yes' })).toThrow(
      'The setting vault.terminationProtection must be true or false.',
    );
  });
});

describe('settings from the context', () => {
  const read = (context: Record<string, unknown>) => {
    const app = new RootConstruct();
    for (const [key, value] of Object.entries(context)) app.node.setContext(key, value);
    return settingsFromContext(app);
  };

  it('come from the key "vault"', () => {
    expect(read({ vault: TEST_SETTINGS })).toEqual(TEST_SETTINGS);
  });

  it('can be replaced one by one on the command line', () => {
    const settings = read({
      vault: TEST_SETTINGS,
      'vault.clientId': 'other',
      'vault.returnUrls': 'https://one.test/a, https://two.test/b',
      'vault.scopeSets': '["openid AdobeID"]',
      'vault.maxSchedulesPerMinute': '60',
      'vault.storeProfile': 'true',
      'vault.plainSignIn': 'false',
      'vault.throttling': '{ "burst": 5 }',
    });

    expect(settings).toEqual({
      ...TEST_SETTINGS,
      clientId: 'other',
      returnUrls: ['https://one.test/a', 'https://two.test/b'],
      scopeSets: ['openid AdobeID'],
      maxSchedulesPerMinute: 60,
      storeProfile: true,
      plainSignIn: false,
      throttling: { burst: 5 },
    });
  });

  it('keep a client id that looks like a number a text', () => {
    expect(read({ 'vault.clientId': '12345' })).toEqual({ clientId: '12345' });
  });

  it('do not hide a misspelt override', () => {
    expect(() => parseVaultSettings(read({ vault: TEST_SETTINGS, 'vault.cleintId': 'x' }))).toThrow(
      'The setting vault.cleintId is not a setting of the vault.',
    );
  });
});
