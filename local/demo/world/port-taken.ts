import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../../gateway/http-gateway.ts';
import { LocalStackError } from '../../stack/local-stack-error.ts';
import { DemoError } from '../demo-error.ts';

/** Before anything slow is begun. */
export async function requireFreePorts(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer();
    await naming(port, listenOnLoopback(server, port));
    await closeServer(server);
  }
}

/** Says which port another program has, and the way out. */
export async function naming<T>(port: number, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (cause) {
    if (!isPortTaken(cause)) throw cause;
    throw new DemoError(
      'PORT_TAKEN',
      `Port ${port} is in use by another program; choose others with PORT=5400 npm start, which takes that port and the three after it.`,
      { cause },
    );
  }
}

function isPortTaken(error: unknown): boolean {
  return (
    (error instanceof LocalStackError && error.code === 'PORT_TAKEN') ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
  );
}
