import type { ConsentOutcomeKind } from '../../../core/consent/consent-outcome.ts';

export interface PageText {
  readonly title: string;
  /** What happened. */
  readonly happened: string;
  /** What to do now. */
  readonly next: string;
}

/** Every word the vault says to a person at a browser, in one language. */
export interface PageTexts {
  /** Ends the title of a page when the settings give the app no name. */
  readonly product: string;
  /** The link to a new sign-in. */
  readonly startAgain: string;
  /** The link to the settings' support address. */
  readonly support: string;
  readonly outcomes: Readonly<Record<ConsentOutcomeKind, PageText>>;
}
