"""How a route is declared: one function whose signature says what a request may hold and what it is answered.

From that one description a request is checked before the function is called, and the OpenAPI document is written:

    @routes.get("/api/v1/messages")
    def list_messages(served: Served, start: Start = 0, limit: Limit = 50) -> MessagesSummaryJson:
        '''List messages, newest first.'''

`served` is what the routes serve. A parameter whose name stands in the path is a part of it; one whose type is a shape
(a TypedDict) is the JSON body; every other one is of the query. The docstring is the summary and the description.
It knows Flask's requests; it knows no sandbox.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import (  # Any: routes take and return what they declare, of any type
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypedDict,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from flask import Response, jsonify, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.web import asked
from mailtrap_lite.web.schema import Facts, name_of, required_in
from mailtrap_lite.web.shapes import ErrorJson

if TYPE_CHECKING:
    from mailtrap_lite.web.api.served import Served

F = TypeVar("F", bound=Callable[..., Any])
JSON = "application/json"
TEXT = "text/plain"
# Names in the application's configuration: how large a body with one mail may be, and one with many.
MOST_MAIL = "MOST_MAIL"
MOST_ARCHIVE = "MOST_ARCHIVE"

# Why a request may be refused before a route sees it, or any route may fail: with the same answer everywhere.
EVERYWHERE = {
    400: "What was asked cannot be meant: a bad number, a bad body, a body whose length cannot be told.",
    401: "A password or a token is needed.",
    403: "Another site asked, or mail was to be loaded as a script.",
    413: "The body is too large.",
    414: "The URL is longer than 64 KiB.",
    415: "The body is not of a type that is taken here.",
    421: "The Host is not served here.",
    431: "The headers of the request are too large.",
    500: "A bug of this server; its log says more.",
    503: "The server is being stopped, or the store cannot do it now.",
    507: "There is no room left.",
}
_IN_PATH = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


class _Nothing(TypedDict):
    """A body where none is asked for."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of the query or of the path. default: REQUIRED if there must be one."""

    name: str
    hint: Any
    default: Any
    in_path: bool

    @property
    def notes(self) -> Mapping[str, Any]:
        """What its annotation says beside the type: the description and facts of JSON Schema."""
        found: dict[str, Any] = {}
        for note in get_args(self.hint)[1:] if get_origin(self.hint) is Annotated else ():
            found |= dict(note.facts) if isinstance(note, Facts) else {"description": note}
        return found

    @property
    def required(self) -> bool:
        """Whether a request without it is refused."""
        return self.default is inspect.Parameter.empty

    def read(self) -> Any:
        """Return its value in the query that is being answered; raises BadRequest."""
        return asked.value(self.name, plain(self.hint), required=self.required, default=self.default, facts=self.notes)


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that a route answers. hint: the shape of its JSON, None for octets. kinds: its media types."""

    status: int
    text: str
    hint: Any
    kinds: tuple[str, ...] = (JSON,)

    @property
    def shape(self) -> str:
        """The name of its shape; "" if it has no shape of its own."""
        return name_of(self.hint) if is_typeddict(self.hint) else ""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. body: the shape of its JSON body or None; mail: media types of a body that is mail."""

    method: str
    path: str
    function: Callable[..., Any]
    noun: str
    parameters: tuple[Parameter, ...]
    body: tuple[str, Any] | None
    body_optional: bool
    mail: tuple[str, ...]
    answers: tuple[Answer, ...]
    most: str = ""

    @property
    def name(self) -> str:
        """Its name, unlike that of any other."""
        return self.function.__name__

    @property
    def body_name(self) -> str:
        """The name of the shape of its body; "" without one."""
        return name_of(self.body[1]) if self.body else ""

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return inspect.cleandoc(self.function.__doc__ or "").partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """What there is to know beyond the summary; paragraphs."""
        return inspect.cleandoc(self.function.__doc__ or "").partition("\n")[2].strip()

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return _IN_PATH.sub(r"{\1}", self.path)

    def answer(self, served: Served, in_path: Mapping[str, str]) -> BaseResponse:
        """Check the request that is being answered, and answer it."""
        if self.mail and request.mimetype not in self.mail:
            raise UnsupportedMediaType(f"the body is to be {' or '.join(self.mail)}")
        values: dict[str, Any] = dict(in_path)
        values |= {each.name: each.read() for each in self.parameters if not each.in_path}
        if self.body is not None:
            name, hint = self.body
            values[name] = asked.body(hint)
        elif self.method == "DELETE":
            asked.body(_Nothing)  # somebody who names what is to go must not lose everything
        return _response(self.function(served, **values))


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of one noun, in the order in which they are told."""

    noun: str
    text: str
    all: list[Route] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> Callable[[F], F]:
        """Declare what GET of a path does; see `declare`."""
        return self.declare("GET", path, **more)

    def put(self, path: str, **more: Any) -> Callable[[F], F]:
        """Declare what PUT of a path does; see `declare`."""
        return self.declare("PUT", path, **more)

    def post(self, path: str, **more: Any) -> Callable[[F], F]:
        """Declare what POST to a path does; see `declare`."""
        return self.declare("POST", path, **more)

    def delete(self, path: str, **more: Any) -> Callable[[F], F]:
        """Declare what DELETE of a path does; see `declare`."""
        return self.declare("DELETE", path, **more)

    def declare(
        self,
        method: str,
        path: str,
        *,
        kinds: tuple[str, ...] = (),
        gives: Any = None,
        mail: tuple[str, ...] = (),
        refuses: Mapping[int, str] | None = None,
        also: Mapping[int, tuple[str, Any]] | None = None,
        most: str = "",
    ) -> Callable[[F], F]:
        """Return a decorator that keeps a function as a route.

        kinds: the media types of its answer if that is no JSON. gives: the shape of one that it writes by itself.
        mail: the media types of its body if that is mail.
        refuses: further statuses with an error, and why. also: statuses with a shape of their own, or None for none.
        most: how large the body may be, by the name in the application's configuration; "" as any JSON.
        """

        def keep(function: F) -> F:
            hints = get_type_hints(function, include_extras=True)
            answers = _answers(
                gives or hints.pop("return"), kinds, also or {}, refuses or {}, in_api=path.startswith("/api/")
            )
            parameters, body = _taken(function, hints, path)
            optional = body is not None and not required_in(body[1])
            self.all.append(
                Route(
                    method,
                    path,
                    function,
                    self.noun,
                    parameters,
                    body=body,
                    body_optional=optional,
                    mail=mail,
                    answers=answers,
                    most=most,
                )
            )
            return function

        return keep


def plain(hint: Any) -> Any:
    """Return a hint without what is noted beside it."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _taken(
    function: Callable[..., Any], hints: Mapping[str, Any], path: str
) -> tuple[tuple[Parameter, ...], tuple[str, Any] | None]:
    in_path = set(_IN_PATH.findall(path))
    parameters: list[Parameter] = []
    body: tuple[str, Any] | None = None
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        hint = hints[name]
        if is_typeddict(hint):
            body = (name, hint)
        else:
            parameters.append(Parameter(name, hint, parameter.default, name in in_path))
    return tuple(parameters), body


def _answers(
    hint: Any,
    kinds: tuple[str, ...],
    also: Mapping[int, tuple[str, Any]],
    refuses: Mapping[int, str],
    *,
    in_api: bool,
) -> tuple[Answer, ...]:
    is_text = get_origin(hint) is Literal
    hint = None if isinstance(hint, type) and issubclass(hint, BaseResponse) else hint
    found = (
        [] if 302 in also else [Answer(200, "What was asked for.", hint, kinds or ((TEXT,) if is_text else (JSON,)))]
    )
    found += [Answer(status, text, shape, (JSON,) if shape else ()) for status, (text, shape) in also.items()]
    known = {answer.status for answer in found}
    errors = {status: text for status, text in {**EVERYWHERE, **refuses}.items() if status not in known}
    # Outside of the API people look at it, and an error is a page, or the plain text of the guard.
    page = (None, ("text/html", TEXT))
    shape, kinds = (ErrorJson, (JSON,)) if in_api else page
    found += [Answer(status, text, shape, kinds) for status, text in errors.items()]
    return tuple(sorted(found, key=lambda answer: answer.status))


def _response(value: Any) -> BaseResponse:
    if isinstance(value, BaseResponse):
        return value
    if isinstance(value, str):
        return Response(value, content_type="text/plain; charset=utf-8")
    return jsonify(value)


def with_status(value: Any, status: HTTPStatus) -> Response:
    """Return JSON with a status of its own."""
    response = jsonify(value)
    response.status_code = status
    return response
