import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { vaultIn } from './pieces.ts';

// A vault in a stack of one's own, which has an output of a name that the vault also uses.

const app = new App({ outdir: process.argv[2] ?? 'cdk.out' });
const photos = new Stack(app, 'Photos');
vaultIn(photos, 'Adobe');
new CfnOutput(photos, 'ApiUrl', { value: 'https://photos.example.org' });
app.synth();
