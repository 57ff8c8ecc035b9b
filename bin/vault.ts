import { DeploymentError } from '../lib/deployment-error.ts';
import { createVaultApp } from '../lib/vault-app.ts';

try {
  createVaultApp().synth();
} catch (error) {
  if (!(error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
