import * as v from 'valibot';

/** What the attributes of our items may be. */
export const text = v.string();
export const wholeNumber = v.pipe(v.number(), v.safeInteger());
export const epochMs = v.pipe(wholeNumber, v.minValue(0));
export const bytes = v.instance(Uint8Array);
export const texts = v.array(text);
export const flag = v.boolean();

/** One of a union's words. The table of all of them keeps a new word from being written and then found unreadable. */
export function oneOf<Word extends string>(words: Readonly<Record<Word, true>>) {
  return v.picklist(Object.keys(words) as Word[]);
}

/** A schema for every field, so that a field added to the record is not dropped when it is read. */
export type EveryField<T> = Readonly<Record<keyof T, v.GenericSchema>>;
