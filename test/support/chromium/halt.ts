import type { Page } from 'playwright-core';

/**
 * Lets a request go out, and keeps the browser where it is: answers where it was to be sent next. (Only the first request
 * of a chain of redirects can be halted.)
 */
export async function halt(page: Page, url: string, action: () => Promise<unknown>): Promise<string> {
  const next = new Promise<string>((resolve) => {
    void page.route(
      url,
      async (route) => {
        const response = await route.fetch({ maxRedirects: 0 });
        // "No content": the page shown stays.
        await route.fulfill({ status: 204 });
        resolve(new URL(response.headers().location ?? '', route.request().url()).href);
      },
      { times: 1 },
    );
  });
  await action();
  return next;
}
