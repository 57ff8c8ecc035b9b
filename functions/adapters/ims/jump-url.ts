const ADOBE_DOMAINS = ['adobe.com', 'adobelogin.com'];

/** Where IMS says the user can act, if that is https on an Adobe host. Anything else is not offered to anybody. */
export function readJumpUrl(jump: unknown): { readonly jumpUrl?: string } {
  if (typeof jump !== 'string' || jump.length > 2_048 || !URL.canParse(jump)) return {};
  const url = new URL(jump);
  const plain = url.protocol === 'https:' && url.username === '' && url.password === '' && url.port === '';
  const onAdobe = ADOBE_DOMAINS.some(
    (domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`),
  );
  return plain && onAdobe ? { jumpUrl: url.href } : {};
}
