// Tags of trials: as texts, in a filter, and as what an edit changes.

const SEPARATOR = ", "; // neither a key nor a value can have it

/** Each tag as a text: "keep=yes", or "keep" for one without a value. */
export const tagTexts = (tags = {}) =>
  Object.entries(tags).map(([key, value]) => (value ? `${key}=${value}` : key));

/** All tags as one text. */
export const writeTags = (tags) => tagTexts(tags).join(SEPARATOR);

/** The tags in a text that somebody has typed, by key. Throws where a key comes twice. */
export function parseTags(text) {
  const found = new Map();
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const [key, value = ""] = word.split(/=(.*)/s);
    if (found.has(key)) throw new Error(`The tag ${key} is given twice.`);
    found.set(key, value);
  }
  return Object.fromEntries(found);
}

/** What an edit changes: new values by key, null for a tag that is removed. */
export function tagChange(before, after) {
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const changed = Object.entries(after).filter(
    ([key, value]) => !Object.hasOwn(before, key) || before[key] !== value,
  );
  return Object.fromEntries([...removed.map((key) => [key, null]), ...changed]);
}

/** What an edit of a note changes: nothing, or the new note with the one that it replaces. `shown` is what the
 * form had at first: a text field has no carriage returns, so a note with some is not that text. */
export function noteChange(before, shown, typed) {
  if (typed.trim() === shown.trim()) return {};
  return { note: typed.trim(), seenNote: before };
}

/** The filter that finds the trials with exactly this tag. */
export const exactFilter = (text) => `=${text}`;

/** Whether tags, as one text, match a filter: each word of it is a part of a tag, "=keep=yes" a whole one, "!x" not there. */
export function matchesTags(filter, text) {
  const tags = (text || "").toLowerCase().split(SEPARATOR).filter(Boolean);
  const words = filter.toLowerCase().split(/[\s,]+/);
  return words.filter(Boolean).every((word) => {
    if (word.startsWith("!")) return !tags.some((tag) => tag.includes(word.slice(1)));
    if (word.startsWith("=")) return tags.includes(word.slice(1));
    return tags.some((tag) => tag.includes(word));
  });
}
