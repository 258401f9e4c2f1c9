// What the scripts say to people; the server puts the texts into the page, so that they stand in one place.

const TEXTS = JSON.parse(document.documentElement.dataset.texts);

/** Return the text of a name with its fields filled. */
export function t(name, fields = {}) {
  return TEXTS[name].replaceAll(/\{(\w+)\}/g, (_, field) => String(fields[field]));
}
