// How the scripts talk to the server: the addresses below the base path, forms, and parts of pages. Nothing is ever
// parsed from a string: the browser reads a document from the response.

const base = document.documentElement.dataset.base;

/** Return the address of a path of ours, which may lie below the path of a proxy. */
export function path(name) {
  return `${base}/${name}`;
}

/** Return what comes behind the base path in an address, "" for the inbox; null for an address that is not ours. */
export function below(address) {
  const { origin, pathname } = new URL(address, location.href);
  if (origin !== location.origin || !`${pathname}/`.startsWith(`${base}/`)) return null;
  return pathname.slice(base.length).replace(/^\//, "");
}

/** Return the document at an address, or a part of it: "list" or "message"; throws when there is none. */
export function load(address, part = "page") {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.setRequestHeader("X-Part", part);
    request.responseType = "document";
    request.onload = () => {
      // A search that cannot be understood is 400 and a page all the same, which says what is wrong.
      const isPage = request.status < 400 || request.responseXML?.getElementById("panes");
      if (isPage && request.responseXML) resolve(request.responseXML);
      else reject(new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error("0"));
    request.send();
  });
}

/** Post a form, also while the page is left; throws when it did not work. */
export async function post(address, fields, { keepalive = false } = {}) {
  const body = fields instanceof URLSearchParams ? fields : new URLSearchParams(fields);
  const answer = await fetch(address, { method: "POST", body, keepalive, headers: { "X-Part": "list" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}
