import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A string that cannot be printed: `String`, JSON and `util.inspect` all show `[redacted]`.
 * Tokens, codes, verifiers and client secrets travel in this wrapper and are revealed only where they leave the process.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    if (value === '') throw new TypeError('A secret must not be empty.');
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
