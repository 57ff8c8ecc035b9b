import { ASVS_V10 } from './asvs-v10.ts';
import type { Standard } from './item.ts';
import { RFC_6749 } from './rfc-6749.ts';
import { RFC_7636 } from './rfc-7636.ts';
import { RFC_9207 } from './rfc-9207.ts';
import { RFC_9700 } from './rfc-9700.ts';

export const STANDARDS: readonly Standard[] = [RFC_9700, RFC_6749, RFC_7636, RFC_9207, ASVS_V10];
