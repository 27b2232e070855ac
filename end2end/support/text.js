// Texts that tests change before they use them.
// Owns that what is replaced was there. Must not know what a text is for.

/** A text with some of its words replaced, each of which must be there. */
export function place(text, replacements) {
  return replacements.reduce((placed, [from, to]) => {
    if (!placed.includes(from)) throw new Error(`the text has no ${from}`);
    return placed.replace(from, to);
  }, text);
}
