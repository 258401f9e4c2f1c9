"""What mail programs make of HTML and CSS: a table of our own, from experience, small on purpose.

It names what is often used and often fails. A program that is in neither list of a feature shows it well.
It is no test of any version: programs change, and a mail that matters is looked at in them.
"""

from __future__ import annotations

from dataclasses import dataclass

# Programs, and the platforms that each is for.
PROGRAMS: dict[str, tuple[str, ...]] = {
    "Apple Mail": ("macos", "ios"),
    "Gmail": ("desktop-webmail", "android", "ios"),
    "Outlook": ("windows",),
    "Outlook.com": ("desktop-webmail", "android", "ios"),
    "Samsung Email": ("android",),
    "Thunderbird": ("desktop",),
    "Yahoo! Mail": ("desktop-webmail",),
}
APPLE, GMAIL, OUTLOOK, OUTLOOK_COM, SAMSUNG, THUNDERBIRD, YAHOO = PROGRAMS
WEBMAIL = (GMAIL, OUTLOOK_COM, YAHOO)
ALL = tuple(PROGRAMS)


@dataclass(frozen=True, slots=True)
class Feature:
    """Something a mail may use. tags: elements; attribute: "name" of an attribute; css: a pattern in style sheets.

    missing: programs that do not show it. partial: those that show it in part, or sometimes.
    """

    slug: str
    title: str
    text: str
    missing: tuple[str, ...]
    partial: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attribute: str = ""
    css: str = ""

    @property
    def category(self) -> str:
        """Css or html."""
        return "css" if self.css else "html"


def _property(name: str, value: str = "") -> str:
    return rf"(?<![\w-]){name}\s{{0,20}}:" + (rf"[^;}}]{{0,200}}?{value}" if value else "")


FEATURES = (
    Feature(
        "html-audio",
        "audio element",
        "Offer a link beside it.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (SAMSUNG, THUNDERBIRD),
        ("audio",),
    ),
    Feature("html-base", "base element", "Write whole addresses.", (GMAIL, OUTLOOK_COM, YAHOO), (OUTLOOK,), ("base",)),
    Feature(
        "html-button", "button element", "Style a link instead.", (OUTLOOK,), (GMAIL, OUTLOOK_COM, YAHOO), ("button",)
    ),
    Feature("html-canvas", "canvas element", "It needs a script, and no program runs one.", ALL, (), ("canvas",)),
    Feature(
        "html-details",
        "details and summary elements",
        "They stay open where they are not known.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (),
        ("details", "summary"),
    ),
    Feature(
        "html-dialog",
        "dialog element",
        "It needs a script.",
        (APPLE, *WEBMAIL, OUTLOOK, SAMSUNG),
        (THUNDERBIRD,),
        ("dialog",),
    ),
    Feature(
        "html-form",
        "form element",
        "Link to a page with the form; some programs warn of forms.",
        (OUTLOOK, OUTLOOK_COM),
        (GMAIL, YAHOO, THUNDERBIRD),
        ("form",),
    ),
    Feature("html-iframe", "frames", "They are taken out.", ALL, (), ("iframe", "frame", "frameset")),
    Feature(
        "html-input",
        "form fields",
        "Link to a page with the form.",
        (OUTLOOK, OUTLOOK_COM),
        (GMAIL, YAHOO),
        ("input", "select", "textarea"),
    ),
    Feature(
        "html-link",
        "style sheets in files",
        "Write the styles into the mail.",
        (GMAIL, OUTLOOK_COM, YAHOO),
        (OUTLOOK, SAMSUNG, THUNDERBIRD),
        ("link",),
    ),
    Feature("html-map", "image maps", "Cut the picture into several links.", (), (GMAIL, OUTLOOK_COM), ("map", "area")),
    Feature(
        "html-marquee",
        "marquee element",
        "It stands still, or is gone.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (),
        ("marquee",),
    ),
    Feature(
        "html-meter",
        "meter and progress elements",
        "Draw them with table cells.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (),
        ("meter", "progress"),
    ),
    Feature("html-object", "object and embed elements", "They are taken out.", ALL, (), ("object", "embed", "applet")),
    Feature(
        "html-picture",
        "picture element",
        "The img inside is what most programs show.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (SAMSUNG,),
        ("picture", "source"),
    ),
    Feature(
        "html-script", "script element", "No program runs it, and it may get a mail rejected.", ALL, (), ("script",)
    ),
    Feature(
        "html-style",
        "style element",
        "Repeat what matters in style attributes.",
        (),
        (GMAIL, OUTLOOK, YAHOO),
        ("style",),
    ),
    Feature("html-svg", "svg element", "Use a PNG.", (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO), (THUNDERBIRD,), ("svg",)),
    Feature(
        "html-video",
        "video element",
        "Link from a picture to a page with it.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (SAMSUNG, THUNDERBIRD),
        ("video",),
    ),
    Feature(
        "html-background",
        "background attribute",
        "Set a background colour too.",
        (),
        (GMAIL, OUTLOOK_COM),
        attribute="background",
    ),
    Feature(
        "html-srcset",
        "srcset attribute",
        "The src is what many programs show.",
        (OUTLOOK, OUTLOOK_COM),
        (GMAIL, YAHOO),
        attribute="srcset",
    ),
    Feature(
        "html-events", "event attributes", "They are scripts, and are taken out.", ALL, (), attribute=r"on[a-z]{3,20}"
    ),
    Feature(
        "css-animation",
        "animation",
        "Let the still picture say it too.",
        (GMAIL, OUTLOOK, OUTLOOK_COM),
        (YAHOO, SAMSUNG),
        css=_property(r"animation(?:-[a-z]{1,20})?"),
    ),
    Feature(
        "css-aspect-ratio",
        "aspect-ratio",
        "Give width and height.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (),
        css=_property("aspect-ratio"),
    ),
    Feature(
        "css-background-image",
        "background-image",
        "Set a background colour too.",
        (OUTLOOK,),
        (OUTLOOK_COM, YAHOO),
        css=_property(r"background(?:-image)?", r"url\("),
    ),
    Feature(
        "css-border-radius",
        "border-radius",
        "Corners are square where it is missing.",
        (OUTLOOK,),
        (),
        css=_property(r"border(?:-[a-z]{1,10}){0,2}-radius"),
    ),
    Feature(
        "css-box-shadow",
        "box-shadow",
        "Draw a border instead.",
        (OUTLOOK,),
        (GMAIL, OUTLOOK_COM, YAHOO),
        css=_property("box-shadow"),
    ),
    Feature("css-calc", "calc()", "Write the result.", (OUTLOOK,), (OUTLOOK_COM, YAHOO), css=r"\bcalc\("),
    Feature(
        "css-clip-path",
        "clip-path",
        "Cut the picture itself.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (),
        css=_property("clip-path"),
    ),
    Feature(
        "css-filter",
        "filter",
        "Change the picture itself.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (),
        css=_property("filter"),
    ),
    Feature(
        "css-flex",
        "display: flex",
        "Use tables or inline blocks.",
        (OUTLOOK,),
        (GMAIL, OUTLOOK_COM, YAHOO),
        css=_property("display", r"\b(?:inline-)?flex\b"),
    ),
    Feature(
        "css-float",
        "float",
        "Use the align attribute or table cells.",
        (OUTLOOK,),
        (OUTLOOK_COM,),
        css=_property("float"),
    ),
    Feature(
        "css-font-face",
        "@font-face",
        "Name a font that is everywhere behind it.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (SAMSUNG,),
        css=r"@font-face\b",
    ),
    Feature(
        "css-gap",
        "gap",
        "Use padding.",
        (OUTLOOK,),
        (GMAIL, OUTLOOK_COM, YAHOO),
        css=_property(r"(?:row-|column-|grid-)?gap"),
    ),
    Feature(
        "css-gradient",
        "gradients",
        "Set a background colour too.",
        (OUTLOOK,),
        (OUTLOOK_COM, YAHOO),
        css=r"(?:linear|radial|conic)-gradient\(",
    ),
    Feature(
        "css-grid",
        "display: grid",
        "Use tables.",
        (OUTLOOK, OUTLOOK_COM),
        (GMAIL, YAHOO),
        css=_property("display", r"\b(?:inline-)?grid\b"),
    ),
    Feature(
        "css-hover",
        ":hover",
        "Nothing may depend on it; telephones have none.",
        (OUTLOOK,),
        (GMAIL, OUTLOOK_COM, SAMSUNG),
        css=r":hover\b",
    ),
    Feature(
        "css-import",
        "@import",
        "Write the styles into the mail.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (SAMSUNG,),
        css=r"@import\b",
    ),
    Feature(
        "css-max-width", "max-width", "Give a width in a table for Outlook.", (OUTLOOK,), (), css=_property("max-width")
    ),
    Feature(
        "css-media",
        "@media",
        "Let the mail be readable without it.",
        (OUTLOOK,),
        (GMAIL, OUTLOOK_COM, YAHOO),
        css=r"@media\b",
    ),
    Feature(
        "css-dark",
        "prefers-color-scheme",
        "Choose colours that can be inverted.",
        (GMAIL, OUTLOOK, YAHOO),
        (OUTLOOK_COM, SAMSUNG),
        css=r"prefers-color-scheme",
    ),
    Feature(
        "css-object-fit",
        "object-fit",
        "Cut the picture itself.",
        (OUTLOOK, OUTLOOK_COM),
        (GMAIL, YAHOO),
        css=_property("object-fit"),
    ),
    Feature(
        "css-opacity", "opacity", "Choose the mixed colour.", (OUTLOOK,), (OUTLOOK_COM, YAHOO), css=_property("opacity")
    ),
    Feature(
        "css-position",
        "position",
        "Use tables.",
        (GMAIL, OUTLOOK, OUTLOOK_COM),
        (YAHOO,),
        css=_property("position", r"\b(?:absolute|fixed|relative|sticky)\b"),
    ),
    Feature(
        "css-pseudo-elements",
        "::before and ::after",
        "Write the text into the mail.",
        (GMAIL, OUTLOOK, OUTLOOK_COM),
        (YAHOO,),
        css=r"::?(?:before|after)\b",
    ),
    Feature(
        "css-text-shadow",
        "text-shadow",
        "The text has to be readable without it.",
        (OUTLOOK,),
        (OUTLOOK_COM, YAHOO),
        css=_property("text-shadow"),
    ),
    Feature(
        "css-transform",
        "transform",
        "Turn the picture itself.",
        (GMAIL, OUTLOOK, OUTLOOK_COM),
        (YAHOO,),
        css=_property("transform"),
    ),
    Feature(
        "css-transition",
        "transition",
        "Nothing may depend on it.",
        (GMAIL, OUTLOOK, OUTLOOK_COM),
        (YAHOO,),
        css=_property(r"transition(?:-[a-z]{1,20})?"),
    ),
    Feature(
        "css-variables",
        "custom properties",
        "Write the values.",
        (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO),
        (SAMSUNG,),
        css=r"\bvar\(",
    ),
    Feature(
        "css-viewport-units",
        "vw and vh",
        "Use percentages.",
        (OUTLOOK,),
        (GMAIL, OUTLOOK_COM, YAHOO),
        css=r"[\d.](?:vw|vh|vmin|vmax)\b",
    ),
    Feature(
        "css-z-index",
        "z-index",
        "Nothing may lie on something else.",
        (GMAIL, OUTLOOK, OUTLOOK_COM),
        (YAHOO,),
        css=_property("z-index"),
    ),
)
