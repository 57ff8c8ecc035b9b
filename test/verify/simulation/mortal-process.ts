/** One run of a function that dies at one of its calls, without a word: nothing it awaits ever comes back. */
export interface MortalProcess {
  through<Port extends object>(port: Port): Port;
  /** Rejects when the process dies; a caller sees that its function is gone. */
  readonly death: Promise<never>;
}

export interface Fate {
  /** The call at which it dies, from 1. A shorter run survives. */
  readonly atCall: number;
  /** The call is still carried out. */
  readonly afterSending: boolean;
  readonly onDeath: () => void;
}

/** Methods that answer at once: nobody dies while they run. */
const SYNCHRONOUS = new Set([
  'nowMs',
  'monotonicMs',
  'clockSkewMs',
  'bytes',
  'seal',
  'info',
  'warn',
  'error',
  'measure',
]);

export function createMortalProcess({ atCall, afterSending, onDeath }: Fate): MortalProcess {
  let calls = 0;
  let dead = false;
  let announce: (reason: Error) => void = () => undefined;
  const death = new Promise<never>((_resolve, reject) => {
    announce = reject;
  });
  death.catch(() => undefined);
  const never = () => new Promise<never>(() => undefined);

  const die = () => {
    dead = true;
    onDeath();
    announce(new Error('The process died.'));
    return never();
  };

  const call = async (send: () => unknown): Promise<unknown> => {
    if (dead) return never();
    calls += 1;
    if (calls === atCall) {
      if (!afterSending) return die();
      await send();
      return die();
    }
    const answer = await send();
    return dead ? never() : answer;
  };

  return {
    death,
    through: (port) =>
      new Proxy(port, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function' || typeof name === 'symbol' || SYNCHRONOUS.has(name))
            return member;
          return (...args: unknown[]) => call(() => Reflect.apply(member, target, args));
        },
      }),
  };
}
