"""The JSON of the API: each shape as a TypedDict, and one function that makes it.

The names and shapes of MessagesSummary, Message and so on are those of Mailpit's API, so that its clients work here;
what is ours is marked. Lists are never null. It knows messages and JSON types; it knows no request.
"""

from mailtrap_lite.web.shapes.errors import ErrorJson, error

__all__ = ["ErrorJson", "error"]
