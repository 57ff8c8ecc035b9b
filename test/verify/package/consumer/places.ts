import { TokenVault, TokenVaultStack } from 'adobe-token-vault';
import { type App, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import {
  ACME,
  type Case,
  DEPLOYED,
  functionIn,
  HERE,
  OTHER_ACCOUNT,
  OTHER_REGION,
  SETTINGS,
  vaultIn,
} from './pieces.ts';

const FAR = { crossRegionReferences: true };

function grantsIn(app: App, settle: (photos: Stack) => { vault: TokenVault; consumerIn: Stack }): void {
  const { vault, consumerIn } = settle(new Stack(app, 'Photos'));
  const consumer = functionIn(consumerIn);
  vault.grantAccessTokens(consumer, ACME);
  vault.grantConsents(consumer, ACME);
}

function vaultAndTeamIn(stage: Stage): void {
  const { vault } = new TokenVaultStack(stage, 'Adobe', { settings: SETTINGS });
  vault.grantAccessTokens(functionIn(new Stack(stage, 'Team')), ACME);
}

/** Where a vault and its consumer may be. */
export const PLACES = {
  'vault and consumer in one stack': (app) =>
    grantsIn(app, (photos) => ({ vault: vaultIn(photos), consumerIn: photos })),
  'vault in a nested stack, consumer in its parent': (app) =>
    grantsIn(app, (photos) => ({ vault: vaultIn(new NestedStack(photos, 'Adobe')), consumerIn: photos })),
  'consumer in a nested stack, vault in its parent': (app) =>
    grantsIn(app, (photos) => ({ vault: vaultIn(photos), consumerIn: new NestedStack(photos, 'Team') })),
  'vault and consumer in two nested stacks': (app) =>
    grantsIn(app, (photos) => ({
      vault: vaultIn(new NestedStack(photos, 'Adobe')),
      consumerIn: new NestedStack(photos, 'Team'),
    })),
  'vault two nested stacks deep, consumer in another stack': (app) =>
    grantsIn(app, (photos) => ({
      vault: vaultIn(new NestedStack(new NestedStack(photos, 'Outer'), 'Inner')),
      consumerIn: new Stack(app, 'Team'),
    })),
  'consumer in another stack': (app) =>
    grantsIn(app, (photos) => ({ vault: vaultIn(photos), consumerIn: new Stack(app, 'Team') })),
  'consumer in another Region': (app) => {
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE, ...FAR }));
    vault.grantAccessTokens(functionIn(new Stack(app, 'Team', { env: OTHER_REGION, ...FAR })), ACME);
  },
  'consumer in another Region, without crossRegionReferences': (app) => {
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE }));
    vault.grantAccessTokens(functionIn(new Stack(app, 'Team', { env: OTHER_REGION })), ACME);
  },
  'import into another Region': (app) => {
    const team = new Stack(app, 'Team', { env: OTHER_REGION });
    TokenVault.fromAttributes(team, 'Vault', DEPLOYED).grantAccessTokens(functionIn(team), ACME);
  },
  'import of the attributes of a vault of the app': (app) => {
    const { attributes } = vaultIn(new Stack(app, 'Photos'));
    const team = new Stack(app, 'Team');
    TokenVault.fromAttributes(team, 'Vault', attributes).grantAccessTokens(functionIn(team), ACME);
  },
  'import of exported values': (app) => {
    const exported = (name: string) => Fn.importValue(`photos:${name}`);
    const team = new Stack(app, 'Team', { env: HERE });
    const attributes = { ...DEPLOYED, apiId: exported('id'), apiUrl: exported('url') };
    TokenVault.fromAttributes(team, 'Vault', attributes).grantStatus(functionIn(team), ACME);
  },
  'import into another account, without a role': (app) => {
    TokenVault.fromAttributes(new Stack(app, 'Team', { env: OTHER_ACCOUNT }), 'Vault', DEPLOYED);
  },
  'import into another account, with the role of accessRoleFor': (app) => {
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE }));
    const { roleArn: accessRoleArn } = vault.accessRoleFor(OTHER_ACCOUNT.account, ACME);
    const team = new Stack(app, 'Team', { env: OTHER_ACCOUNT });
    const imported = TokenVault.fromAttributes(team, 'Vault', { ...DEPLOYED, accessRoleArn });
    imported.grantAccessTokens(functionIn(team), ACME);
  },
  'consumer in another account of one app': (app) => {
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE }));
    vault.grantAccessTokens(functionIn(new Stack(app, 'Team', { env: OTHER_ACCOUNT })), ACME);
  },
  'the same vault in two stages': (app) => {
    for (const name of ['Test', 'Prod']) vaultAndTeamIn(new Stage(app, name));
  },
  'the same vault in two stages of one account and Region': (app) => {
    for (const name of ['Test', 'Prod']) vaultAndTeamIn(new Stage(app, name, { env: HERE }));
  },
  'two vaults in one stack, for one function': (app) => {
    const photos = new Stack(app, 'Photos');
    const consumer = functionIn(photos);
    for (const id of ['First', 'Second']) vaultIn(photos, id).grantAccessTokens(consumer, ACME);
  },
  'two vaults in two stacks, for one function': (app) => {
    const consumer = functionIn(new Stack(app, 'Team'));
    for (const id of ['First', 'Second']) vaultIn(new Stack(app, id)).grantAccessTokens(consumer, ACME);
  },
  'two vaults with names, for one function': (app) => {
    const consumer = functionIn(new Stack(app, 'Team'));
    vaultIn(new Stack(app, 'Photos')).grantAccessTokens(consumer, ACME);
    vaultIn(new Stack(app, 'Films')).named('films').grantAccessTokens(consumer, ACME);
  },
  'two vaults that would share a name': (app) => {
    vaultIn(new NestedStack(new Stack(app, 'Photos'), 'Films'));
    vaultIn(new Stack(app, 'Photos-Films'));
  },
} satisfies Readonly<Record<string, Case>>;
