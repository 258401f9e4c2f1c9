"""How much of a hostile mail is read at most. The raw bytes are always kept whole; a limit that is hit is a defect."""

from __future__ import annotations

HEADER_BLOCK = 256 * 1024  # octets of the message's header block
HEADER_FIELDS = 1_000
HEADER_FIELD = 16 * 1024  # characters of one field that are decoded
PART_BLOCK = 16 * 1024  # octets of the header block of a part
PART_FIELDS = 200
ADDRESSES = 1_000  # in one kind of field
DEPTH = 50  # multiparts within each other
PARTS = 1_000
BOUNDARY = 2_048  # RFC 2046 section 5.1.1 allows 70
DELIMITERS = 500_000  # lines that begin with two hyphens, so that a mail full of them stays cheap
PARAMETERS = 200  # of one field
TEXT = 24 * 1024 * 1024  # octets of a text part that are decoded, if they are ASCII
WIDE_TEXT = 8 * 1024 * 1024  # if they are not, as one emoji makes Python keep four octets for each character
TEXTS = 8 * 1024 * 1024  # characters of several text parts that are shown as one
UTF_16 = 4 * 1024 * 1024  # the same in UTF-16, where Python's decoder is slow on malformed input
UUENCODED_LINES = 600_000  # 45 octets each
MARKUP = 4 * 1024 * 1024  # characters of HTML in which images and remote content are looked for
INLINE_IMAGE = 2 * 1024 * 1024
INLINE_IMAGES = 8 * 1024 * 1024  # octets of all images put into one HTML body
REMOTE = 1_000  # addresses of remote content that are listed
REMOTE_CANDIDATES = 20_000  # attributes looked at to find them
CODE_SOURCE = 256 * 1024  # characters in which a one-time code is looked for
SHOWN = 512 * 1024  # characters of HTML that are read as text
SNAPSHOT = 256 * 1024  # characters of a text that a snapshot shows
LINKS = 1_000  # of the HTML, and of the text
LINKED = 1024 * 1024  # characters of either in which links are looked for
HOPS = 100  # Received fields that are read
NESTED = 20  # mails within each other that are opened
SNIPPET_SOURCE = 256 * 1024  # characters of HTML read for a snippet
DEFECTS = 100
SEARCHED_TEXT = 1024 * 1024  # characters of the text, and of what the HTML shows, in which a search looks
SEARCHED_WIDE_TEXT = 256 * 1024  # if they are not ASCII, as one of them may become eighteen when it is folded
SEARCHED_LINKS = 1_000
