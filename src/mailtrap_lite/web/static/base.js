// How the scripts ask the server for pages. Nothing is ever parsed from a string: the browser reads the document from
// the response.

/** Return the document at an address, or a part of it: "list" or "message"; throws when there is none. */
export function load(address, part = "page") {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.setRequestHeader("X-Part", part);
    request.responseType = "document";
    request.onload = () => {
      if (request.status < 400 && request.responseXML) resolve(request.responseXML);
      else reject(new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error("no answer"));
    request.send();
  });
}
