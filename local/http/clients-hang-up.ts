/**
 * For `createServer`: an idle connection is closed by its client alone. A request that crosses a close by the server is lost, and
 * on a busy machine a connection idles for longer than Node's five seconds.
 */
export const CLIENTS_HANG_UP = { keepAliveTimeout: 0 };
