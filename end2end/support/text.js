// Texts that tests change before they use them.
// Owns the check that the replaced text was present. Must not know what a text is for.

/** A text with replacements, each of which must occur in it. */
export function place(text, replacements) {
  return replacements.reduce((placed, [from, to]) => {
    if (!placed.includes(from)) throw new Error(`the text has no ${from}`);
    return placed.replace(from, to);
  }, text);
}
