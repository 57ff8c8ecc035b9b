import priceList from '../../docs/prices.json' with { type: 'json' };

export interface Price {
  readonly usd: number;
  /** The number of units that cost `usd`. */
  readonly per: number;
  readonly unit: string;
  readonly source: string;
  readonly sourceDate?: string;
  readonly verified: boolean;
  readonly note?: string;
}

export interface Quota {
  readonly perRegion: number;
  readonly unit: string;
  /** Its name where an account requests a higher quota. */
  readonly raise: string;
  readonly source: string;
  readonly verified: boolean;
  readonly note?: string;
}

export type PriceName = keyof typeof priceList.prices;
export type QuotaName = keyof typeof priceList.quotas;

export const PRICES: Readonly<Record<PriceName, Price>> = priceList.prices;
export const QUOTAS: Readonly<Record<QuotaName, Quota>> = priceList.quotas;
export const PRICES_CHECKED_ON = priceList.checkedOn;
export const PRICES_REGION = priceList.region;

/** List price, first tier, without free tiers. */
export function usd(price: PriceName, amount: number): number {
  const { usd: dollars, per } = PRICES[price];
  return (amount * dollars) / per;
}

/** Names of prices without a source. */
export function unverifiedPrices(): readonly string[] {
  return Object.entries(PRICES)
    .filter(([, { verified }]) => !verified)
    .map(([name]) => name);
}

export function unverifiedQuotas(): readonly string[] {
  return Object.entries(QUOTAS)
    .filter(([, { verified }]) => !verified)
    .map(([name]) => name);
}
