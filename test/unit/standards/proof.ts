import type { Standard } from './items/item.ts';

export type Proof = () => void | Promise<void>;

/** A proof for each item of a standard, and no other. */
export type ProofsOf<S extends Standard> = Readonly<Record<keyof S['items'] & string, Proof>>;
