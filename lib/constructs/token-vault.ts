import { Annotations, ArnFormat, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { TokenVaultGrants } from '../iam/token-vault-grants.ts';
import { ALARMS, CANARY_ALARMS } from '../monitoring/alarm-catalogue.ts';
import { VaultMonitoring } from '../monitoring/vault-monitoring.ts';
import { FUNCTION_BUNDLES } from '../packaging/function-bundles.ts';
import { FUNCTION_NAMES, type FunctionName } from '../packaging/function-names.ts';
import { assertOfRegion } from '../settings/settings-of-region.ts';
import type { TokenVaultSettings } from '../settings/token-vault-settings.ts';
import { parseVaultSettings, type VaultSettings } from '../settings/vault-settings.ts';
import { AUTHORIZE, CALLBACK } from './api-routes.ts';
import { CanaryDeployment } from './canary-deployment.ts';
import { CanarySchedule } from './canary-schedule.ts';
import { DataEventTrail, trailArnOf } from './data-event-trail.ts';
import { ImportedTokenVault } from './imported-token-vault.ts';
import { PlaceholderRefusal } from './placeholder-refusal.ts';
import { ReconcilerSchedule } from './reconciler-schedule.ts';
import { RotationScheduling } from './rotation-scheduling.ts';
import { ServiceKey } from './service-key.ts';
import { VaultApi } from './vault-api.ts';
import type { TokenVaultAttributes } from './vault-attributes.ts';
import { LIVE_ALIAS, nameOfFunction, SCHEDULES_ALIAS, VaultFunctions } from './vault-functions.ts';
import { createVaultKeys } from './vault-keys.ts';
import { nameOfVault, tagVault } from './vault-name.ts';
import { addVaultOutputs, outputPrefixOf } from './vault-outputs.ts';
import type { VaultEntrance, VaultResources } from './vault-resources.ts';
import { VaultSecrets } from './vault-secrets.ts';
import { VaultTables } from './vault-tables.ts';

/** What to deploy, and under which names its outputs stand. */
export interface TokenVaultProps {
  /** What you decide about the vault. The construct checks the values. */
  readonly settings: TokenVaultSettings;
  /**
   * Folder with one bundle per function.
   *
   * @default the bundles of the package, or those that `npm run build` wrote in a checkout
   */
  readonly functionBundles?: string;
  /**
   * Prefix for the names of the stack's outputs, such as `CallbackUrl`.
   *
   * @default the construct ids of the vault below its stack, such as `Vault`
   */
  readonly outputPrefix?: string;
}

/**
 * A vault for the Adobe users of one Adobe credential. It grants nothing by default.
 *
 * @example
 * ```ts
 * const vault = new TokenVault(this, 'Vault', { settings });
 * vault.grantAccessTokens(reader, { connections: 'acme.*' });
 * ```
 */
export class TokenVault extends TokenVaultGrants {
  /**
   * Imports a vault that another app deployed. The values are outputs of its stack.
   *
   * @throws DeploymentError `ACCESS_ROLE_MISSING`: the vault is in another account, and only a role of that account
   *   reaches it
   * @throws DeploymentError `ATTRIBUTE_INVALID`: the message names the value and where it comes from
   * @throws DeploymentError `ATTRIBUTES_MIXED`: the values are of more than one vault
   * @throws DeploymentError `REGION_UNREACHABLE`: the values are references to a stack of another Region
   */
  static fromAttributes(scope: Construct, id: string, attributes: TokenVaultAttributes): TokenVaultGrants {
    return new ImportedTokenVault(scope, id, attributes);
  }

  /** Prefix of every physical name in the vault. */
  readonly vaultName: string;
  /** The settings with their defaults. */
  readonly settings: VaultSettings;
  /** Base URL for the client and for signed requests, without a slash at the end. */
  readonly apiUrl: string;
  /** URL where a browser starts the sign-in. */
  readonly authorizeUrl: string;
  /** The redirect URI to register with the Adobe credential. */
  readonly callbackUrl: string;
  /** Where the operator stores the client secret of the Adobe credential. */
  readonly clientSecretName: string;
  /** The secret with the key of the browser cookies. An operator rotates it. */
  readonly cookieKeySecretArn: string;
  /** Target for the DNS record of the custom domain. */
  readonly domainTarget: string | undefined;
  /** Topic that alarms notify. Subscribe to it. */
  readonly alarmTopicArn: string;
  /** The tables, for alarms or backups of your own. */
  readonly tables: VaultTables;
  /** The Lambdas and their aliases, for alarms of your own. */
  readonly functions: VaultFunctions;
  /** What another app passes to `fromAttributes` to import this vault. */
  readonly attributes: TokenVaultAttributes;
  protected readonly entrance: VaultEntrance;
  private readonly api: VaultApi;
  private readonly serviceKey: IKey | undefined;

  /**
   * @throws DeploymentError `SETTING_INVALID`: the message names the setting, the reason and the value
   * @throws DeploymentError `BUNDLE_MISSING`: the folder of `functionBundles` lacks a function
   * @throws DeploymentError `VAULT_NAME_TAKEN`: another vault of the app would have the same physical names or outputs
   * @throws DeploymentError `NAME_INVALID`: `outputPrefix` has a character that no output may have
   */
  constructor(scope: Construct, id: string, props: TokenVaultProps) {
    super(scope, id);
    this.settings = parseVaultSettings(props.settings);
    assertOfRegion(this.settings, Stack.of(this).region);
    this.vaultName = nameOfVault(this);
    tagVault(this, this.vaultName, this.settings.tags);
    warnWithoutOfflineAccess(this, this.settings.scopes);
    new PlaceholderRefusal(this, 'PlaceholderRefusal', this.settings);

    this.serviceKey = this.createServiceKey();
    this.api = new VaultApi(this, 'HttpApi', {
      vaultName: this.vaultName,
      settings: this.settings,
      serviceKey: this.serviceKey,
    });
    this.apiUrl = this.api.url;
    const { browserDomainName } = this.settings;
    const browserUrl = browserDomainName === undefined ? this.apiUrl : `https://${browserDomainName}`;
    this.authorizeUrl = browserUrl + AUTHORIZE.path;
    this.callbackUrl = browserUrl + CALLBACK.path;
    this.domainTarget = this.api.domainTarget;

    this.tables = new VaultTables(this, 'Tables', { protectAll: this.settings.compliance === 'strict' });
    this.functions = new VaultFunctions(this, 'Functions', {
      vaultName: this.vaultName,
      functionBundles: props.functionBundles ?? FUNCTION_BUNDLES,
      settings: this.settings,
      serviceKey: this.serviceKey,
    });
    const resources = this.createResources();
    this.functions.connect(resources);
    this.api.serve((name) => this.functions.entranceOf(name));
    if (this.settings.deployment === 'canary') {
      new CanaryDeployment(this, 'CanaryDeployment', {
        vaultName: this.vaultName,
        functions: this.functions,
      });
    }
    new ReconcilerSchedule(this, 'ReconcilerSchedule', {
      scheduling: resources.scheduling,
      reconcileArn: this.functionArn('reconcile'),
      reconcile: this.functions.all.reconcile.function,
    });
    this.addCanary(resources);
    this.addTrail();
    const { connections, accessTokens, ephemeral } = this.tables;
    this.alarmTopicArn = new VaultMonitoring(this, 'Monitoring', {
      vaultName: this.vaultName,
      apiId: this.api.apiId,
      tableNames: [connections, accessTokens, ephemeral].map(({ tableName }) => tableName),
      deadLetterQueue: resources.scheduling.deadLetterQueue,
      scheduleGroupName: resources.scheduling.groupName,
      alarmTopicArn: this.settings.alarmTopicArn,
      serviceKey: this.serviceKey,
      alarms: this.settings.canaryConnectionId === undefined ? ALARMS : [...ALARMS, ...CANARY_ALARMS],
    }).alarmTopicArn;
    this.clientSecretName = resources.secrets.clientSecretName;
    this.cookieKeySecretArn = resources.secrets.cookieKey.ref;
    this.attributes = {
      apiId: this.api.apiId,
      apiUrl: this.apiUrl,
      accessTokensTableName: this.tables.accessTokens.tableName,
      accessKeyArn: resources.accessKeys.present.keyArn,
      clientId: this.settings.clientId,
      region: Stack.of(this).region,
    };
    this.entrance = {
      ...this.attributes,
      region: Stack.of(this).region,
      account: Stack.of(this).account,
      isOfThisApp: true,
      accessTokensTableArn: this.tables.accessTokens.tableArn,
      accessRoleArn: undefined,
      invokeArn: (route, connections) => this.api.invokeArn(route, connections),
    };
    this.addOutputs(props.outputPrefix ?? outputPrefixOf(this));
  }

  private addOutputs(prefix: string): void {
    const { apiId, accessTokensTableName, accessKeyArn, clientId } = this.attributes;
    addVaultOutputs(this, prefix, {
      ApiUrl: this.apiUrl,
      AuthorizeUrl: this.authorizeUrl,
      CallbackUrl: this.callbackUrl,
      ClientSecretName: this.clientSecretName,
      CookieKeySecretArn: this.cookieKeySecretArn,
      VaultName: this.vaultName,
      AlarmTopicArn: this.alarmTopicArn,
      ApiId: apiId,
      AccessTokensTableName: accessTokensTableName,
      AccessKeyArn: accessKeyArn,
      ClientId: clientId,
      ClientParts: this.clientEnvironment.ADOBE_TOKEN_VAULT_PARTS,
      DomainTarget: this.domainTarget,
    });
  }

  private addCanary({ scheduling, scheduleTargetArn }: VaultResources): void {
    const { canaryConnectionId: connectionId } = this.settings;
    if (connectionId === undefined) return;
    const scheduleTarget = this.functions.aliasOf('rotate', SCHEDULES_ALIAS);
    new CanarySchedule(this, 'Canary', { scheduling, scheduleTargetArn, scheduleTarget, connectionId });
  }

  private createServiceKey(): IKey | undefined {
    const { compliance, dataEvents } = this.settings;
    if (compliance !== 'strict') return undefined;
    const { vaultName } = this;
    const trailArn = dataEvents ? trailArnOf(this, vaultName) : undefined;
    return new ServiceKey(this, 'ServiceKey', { vaultName, trailArn });
  }

  private addTrail(): void {
    const { dataEvents, logRetentionDays } = this.settings;
    if (!dataEvents) return;
    const { connections, accessTokens, ephemeral } = this.tables;
    new DataEventTrail(this, 'DataEvents', {
      vaultName: this.vaultName,
      key: this.serviceKey,
      tableArns: [connections, accessTokens, ephemeral].map(({ tableArn }) => tableArn),
      functionArns: FUNCTION_NAMES.map((name) => this.functions.all[name].function.functionArn),
      keepDays: logRetentionDays,
    });
  }

  private createResources(): VaultResources {
    const { vaultName } = this;
    const rotateAliasArn = `${this.functionArn('rotate')}:${LIVE_ALIAS}`;
    const scheduleTargetArn = `${this.functionArn('rotate')}:${SCHEDULES_ALIAS}`;
    return {
      vaultName,
      settings: this.settings,
      tables: this.tables,
      ...createVaultKeys(this, {
        vaultName,
        keySets: this.settings.tokenKeys,
        refreshTokenOpener: this.functions.all.rotate.role,
      }),
      secrets: new VaultSecrets(this, 'Secrets', { vaultName, serviceKey: this.serviceKey }),
      serviceKey: this.serviceKey,
      scheduling: new RotationScheduling(this, 'Scheduling', {
        vaultName,
        invokes: [scheduleTargetArn, this.functionArn('reconcile')],
      }),
      rotateAliasArn,
      scheduleTargetArn,
      eventBusName: 'default',
      eventBusArn: Stack.of(this).formatArn({
        service: 'events',
        resource: 'event-bus',
        resourceName: 'default',
      }),
      authorizeUrl: this.authorizeUrl,
      callbackUrl: this.callbackUrl,
    };
  }

  /**
   * Built from the name: the environment of `rotate` holds the ARN of its own alias, and a reference would be circular.
   */
  private functionArn(name: FunctionName): string {
    return Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: nameOfFunction(this.vaultName, name),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}

function warnWithoutOfflineAccess(scope: Construct, scopes: readonly string[]): void {
  if (scopes.includes('offline_access')) return;
  Annotations.of(scope).addWarningV2(
    'adobe-token-vault:offlineAccess',
    'The setting vault.scopes lacks offline_access: Adobe sends no refresh token, so the vault cannot renew a connection and the user has to sign in again when the first access token expires.',
  );
}
