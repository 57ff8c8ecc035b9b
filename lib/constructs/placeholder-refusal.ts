import { CfnParameter, CfnRule, Fn, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { VaultSettings } from '../settings/vault-settings.ts';

const PLACEHOLDER_CLIENT_ID = 'replace-with-your-client-id';
const PLACEHOLDER_HOST = 'example.com';
const NOTHING_LEFT = 'none';

const stacksWithRefusal = new WeakSet<Stack>();

/**
 * Lets the example settings synthesise, so that the project can be tried and run locally, but makes CloudFormation
 * refuse to deploy them. Adds nothing once no placeholder is left.
 */
export class PlaceholderRefusal extends Construct {
  constructor(scope: Construct, id: string, settings: VaultSettings) {
    super(scope, id);
    const left = placeholders(settings);
    if (left.length === 0) return;

    const parameter = new CfnParameter(this, 'PlaceholderSettings', {
      description: 'Settings that still hold the placeholder of the example.',
      default: left.join(', '),
    });
    // A second vault in the stack has a parameter of its own, under the id that the CDK gives it.
    const stack = Stack.of(this);
    if (!stacksWithRefusal.has(stack)) parameter.overrideLogicalId('PlaceholderSettings');
    stacksWithRefusal.add(stack);
    new CfnRule(this, 'NoPlaceholders', {
      assertions: [
        {
          assert: Fn.conditionEquals(parameter.valueAsString, NOTHING_LEFT),
          assertDescription: `Edit the settings of the vault before you deploy (in cdk.json, or where your app creates the vault): ${left.join(' and ')} still ${
            left.length === 1 ? 'holds a placeholder' : 'hold placeholders'
          }.`,
        },
      ],
    });
  }
}

function placeholders({ clientId, returnUrls }: VaultSettings): string[] {
  return [
    ...(clientId === PLACEHOLDER_CLIENT_ID ? ['vault.clientId'] : []),
    ...(returnUrls.some(isPlaceholderUrl) ? ['vault.returnUrls'] : []),
  ];
}

/** `example.com` is reserved for documentation (RFC 2606 §3). */
function isPlaceholderUrl(url: string): boolean {
  // A value of the CDK that is known only at deployment is no placeholder.
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === PLACEHOLDER_HOST || hostname.endsWith(`.${PLACEHOLDER_HOST}`);
}
