/** A test by its file and its name, as both stand in the tree. */
export interface TestReference {
  readonly file: string;
  readonly name: string;
}

/** Something that a standard requires of a confidential client. */
export interface StandardItem {
  readonly section: string;
  /** What the vault does about it. It is also the name of the test. */
  readonly requirement: string;
  /** Other tests that show it on real adapters, or show more. */
  readonly also?: readonly TestReference[];
  /** Where the vault does less than the standard recommends, and why. */
  readonly exception?: string;
}

/** What a standard requires of another party, or of software that does what the vault does not. */
export interface ForeignItem {
  readonly section: string;
  readonly requirement: string;
  readonly reason: string;
}

export interface Standard {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly items: Readonly<Record<string, StandardItem>>;
  readonly foreign: readonly ForeignItem[];
}
