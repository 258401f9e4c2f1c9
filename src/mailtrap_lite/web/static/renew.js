// Bringing a part of the page to a newer one with as few changes as it takes: what stays the same is not laid out again,
// and keeps the focus and what was typed.

/** Make a node like its newer one, or put that in its place. Either may be missing. */
export function renewNode(here, there) {
  if (!here || !there || here.isEqualNode(there)) return;
  const [mine, theirs] = [[...here.childNodes], [...there.childNodes]];
  if (here.nodeName !== there.nodeName || mine.length !== theirs.length || !mine.length) {
    here.replaceWith(there);
    return;
  }
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  mine.forEach((node, number) => renewNode(node, theirs[number]));
}
