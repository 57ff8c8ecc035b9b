import type { Server } from 'node:http';
import { LocalStackError } from './local-stack-error.ts';

const HOST = '127.0.0.1';
/** Connections that may wait to be accepted: thousands of callers at once are nothing to API Gateway. */
const BACKLOG = 4_096;

/** Listens on loopback; port 0 takes any free one. A port in use is a `PORT_TAKEN` error. */
export function listenOnLoopback(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new LocalStackError('PORT_TAKEN', `Port ${port} on ${HOST} is in use by another program.`, {
              cause,
            })
          : cause,
      );
    });
    server.listen(port, HOST, BACKLOG, () => {
      const address = server.address();
      resolve(`http://${HOST}:${typeof address === 'object' && address ? address.port : port}`);
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
