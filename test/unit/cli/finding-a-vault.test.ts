import { describe, expect, it } from 'vitest';
import { deployedStack, outputOf } from '../../../cli/find-vault.ts';

const outputsOf = (prefix: string, vaultName: string) => ({
  [`${prefix}VaultName`]: vaultName,
  [`${prefix}ApiUrl`]: `https://${vaultName}.example.test`,
});

async function apiUrlIn(stack: string, outputs: Readonly<Record<string, string>>): Promise<string> {
  const found = await deployedStack(
    { stack, region: 'eu-west-1' },
    async (name) =>
      name === 'Photos' ? { status: 'CREATE_COMPLETE', outputs, terminationProtection: true } : undefined,
    async () =>
      new Map([
        ['Photos', outputs],
        ['Other', { ApiUrl: 'https://other.example.test' }],
      ]),
  );
  return outputOf(found, 'ApiUrl', stack);
}

describe('the vault of a stack', () => {
  it('is found by plain names of outputs', async () => {
    expect(await apiUrlIn('Photos', outputsOf('', 'Photos'))).toBe('https://Photos.example.test');
  });

  it('is found next to other outputs, whatever the prefix of its own', async () => {
    const outputs = { ...outputsOf('Adobe', 'Photos-Adobe'), ApiUrl: 'https://photos.example.test' };
    expect(await apiUrlIn('Photos', outputs)).toBe('https://Photos-Adobe.example.test');
  });

  it('is chosen by its name where the stack holds several', async () => {
    const outputs = { ...outputsOf('Vault', 'Photos'), ...outputsOf('Films', 'Photos-Films') };
    expect(await apiUrlIn('Photos/Photos-Films', outputs)).toBe('https://Photos-Films.example.test');
    await expect(apiUrlIn('Photos', outputs)).rejects.toMatchObject({
      code: 'output_missing',
      message: 'Which vault of the stack Photos? It holds: Photos, Photos-Films.',
      remedy: 'Name the vault after the stack: `--stack <stack>/<vault>`.',
    });
    await expect(apiUrlIn('Photos/Other', outputs)).rejects.toMatchObject({ code: 'output_missing' });
  });

  it('is found by the ARN of the stack, as the console shows it', async () => {
    const arn = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Photos/7b1f';
    expect(await apiUrlIn(arn, outputsOf('', 'Photos'))).toBe('https://Photos.example.test');
    const outputs = { ...outputsOf('Vault', 'Photos'), ...outputsOf('Films', 'Photos-Films') };
    expect(await apiUrlIn(`${arn}/Photos-Films`, outputs)).toBe('https://Photos-Films.example.test');
  });

  it('is named in the answer to another stack name', async () => {
    await expect(apiUrlIn('AdobeTokenVault', outputsOf('Adobe', 'Photos-Adobe'))).rejects.toMatchObject({
      code: 'stack_not_found',
      remedy:
        'Choose one of the vaults in eu-west-1: --stack Photos. Or choose another Region with --region.',
    });
    const two = { ...outputsOf('Vault', 'Photos'), ...outputsOf('Films', 'Photos-Films') };
    await expect(apiUrlIn('AdobeTokenVault', two)).rejects.toMatchObject({
      remedy: expect.stringContaining('--stack Photos/Photos, --stack Photos/Photos-Films.'),
    });
  });

  it('is missed in a stack without one, and in a stack that does not exist', async () => {
    await expect(apiUrlIn('Photos', { ApiUrl: 'https://photos.example.test' })).rejects.toMatchObject({
      code: 'output_missing',
    });
    const denied = deployedStack(
      { stack: 'Films', region: 'eu-west-1' },
      async () => undefined,
      async () => Promise.reject(new Error('AccessDenied')),
    );
    await expect(denied).rejects.toMatchObject({
      remedy: expect.stringContaining('deploy the vault first'),
    });
    await expect(apiUrlIn('Films', {})).rejects.toMatchObject({
      code: 'stack_not_found',
      message: 'There is no stack Films in eu-west-1.',
    });
  });
});
