"""The HTTP API: Mailpit's paths and shapes under /api/v1 and /view, and what is ours beside them.

Each noun has a module, which declares its routes; `declared` says how. The JSON is in `shapes`, the mail's own bytes in
`bodies`. Where Mailpit's API lets a GET change something (reading a message marks it as read), so does this one.
"""

from mailtrap_lite.web.api.routes import ApiRequest, api
from mailtrap_lite.web.api.served import find

__all__ = ["ApiRequest", "api", "find"]
