"""The door of the service: who may come in, with what, and in which words something is refused.

Used in notebook 17.
"""

import asyncio
import contextlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

import h11
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scratch.checking import checked, shown
from scratch.serving.addresses import check_token

MOST_PLACES, MOST_STARS, MOST_BYTES = 100, 1000, 100_000
MOST_WORDS = 300  # characters of a refusal: whoever sends a long text need not get it back
WHERE = "/health, /users/{user_id}/top, /fold-in, /popular and /model are there"
FORM = "GET /openapi.json says what may be sent"
NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"  # of a file
FILE = "a model is named by its file alone (letters, digits, _ - and ., at most 100)"

Places = Annotated[int, Field(ge=1, le=MOST_PLACES)]


@checked
def of_form(pattern: str, words: str) -> AfterValidator:
    """A text has to have this form, or is refused in these words.

    Raises ValueError for a pattern that is no regular expression.
    """
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(
            f"pattern must be a regular expression, got {shown(pattern)}: {problem}"
        ) from None

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise PydanticCustomError("form", words)
        return text

    return AfterValidator(check)


# A path is a text, and so is every key in JSON; this leaves one spelling for each number.
WHOLE = "0|-?[1-9][0-9]{0,99}"
UserId = Annotated[str, of_form(WHOLE, "a user id is a whole number")]
MovieId = Annotated[str, of_form(WHOLE, "a movie id is a whole number")]
Stars = Annotated[float, Field(ge=0.5, le=5, allow_inf_nan=False)]


class Somebody(BaseModel):
    """The body of POST /fold-in: somebody new, by their stars."""

    model_config = ConfigDict(extra="forbid", strict=True)
    stars: Annotated[dict[MovieId, Stars], Field(max_length=MOST_STARS)]
    n: Places = 10


class Wanted(BaseModel):
    """The body of PUT /model: a file of the folder, by its name alone."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, of_form(NAME, FILE)]


class Careful(APIRoute):
    """A route that refuses what stands twice, nobody knows which is meant; and unknown parameters.

    Keys twice are refused in the body, parameters in what follows the ? of an address.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer = super().get_route_handler()
        known = [field.alias for field in self.dependant.query_params]

        async def with_care(request: Request) -> Response:
            for name in _each_once(request.query_params.multi_items()):
                if name not in known:
                    there = f"only {', '.join(known)}" if known else "none"
                    words = f"the parameter {name[:40]!r} is unknown: there is {there}"
                    raise HTTPException(422, words)
            return await answer(_OnceEach(request.scope, request.receive))

        return with_care


class _OnceEach(Request):
    async def json(self) -> Any:
        return json.loads(await self.body(), object_pairs_hook=_each_once)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (key, times), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise HTTPException(422, f"{key[:40]!r} is there {times} times: send it once")
    return found


def told(
    status: int, what: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """A response in JSON. Raises TypeError or ValueError for what has no form in JSON."""
    if type(status) is not int or not 200 <= status <= 599:  # all by hand: for every answer
        raise ValueError(f"status must be a whole number from 200 to 599, got {shown(status)}")
    try:
        text = json.dumps(what, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as problem:
        raise TypeError(f"what is told must be written as JSON, and can't: {problem}") from None
    sent = None if headers is None else _sent(headers)
    return Response(text, status, sent, media_type="application/json")


@checked
def _sent(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers, if HTTP can send them: nothing in them may begin a line of its own."""
    for name, value in headers.items():
        if not (re.fullmatch("[!-9;-~]+", name) and re.fullmatch("[ -~]*", value)):
            raise ValueError(f"headers must be of ASCII, in one line, got {name!r}: {value!r}")
    return headers


@checked
def refusal(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The one form of all that goes wrong: a sentence that says what, and what to do."""
    return told(status, {"error": sentence[:MOST_WORDS]}, headers)


class Guard:
    """Stands before the service: asks for the token, and lets no large body in.

    Raises TypeError or ValueError for a token that no header could hold.
    """

    @checked
    def __init__(self, app: ASGIApp, token: str):
        check_token(token)
        self.app, self.token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] == "http" and scope["path"] != "/health":
            scheme, _, given = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
            # compare_digest takes as long for a wrong first letter as for a wrong last one.
            if scheme.lower() != b"bearer" or not secrets.compare_digest(given, self.token):
                sentence = "the token is missing or wrong: send Authorization: Bearer <token>"
                refused = refusal(401, sentence, {"www-authenticate": "Bearer"})
                return await refused(scope, receive, send)
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise HTTPException(413, f"the body is too large: {MOST_BYTES:,} bytes at most")
            return message

        # A body that breaks off in nonsense uvicorn has refused itself, and closed: no answer fits.
        with contextlib.suppress(h11.LocalProtocolError):
            try:
                await self.app(scope, counted, send)
            except asyncio.CancelledError:  # its body was not all there in the end
                await refusal(503, "the service ends: ask again later")(scope, receive, send)


async def refuse(request: Request, error: Exception) -> Response:
    """What an endpoint, or FastAPI, refuses by its status: unknown paths and methods too."""
    assert isinstance(error, AnyHTTPException)
    sentence, headers = str(error.detail), dict(error.headers or {})
    if sentence == "Not Found":
        sentence = f"there is nothing at {request.scope['path']}: {WHERE}"
    elif error.status_code == 405:
        allowed = headers.get("Allow", "another method")
        sentence = f"{request.method} is not for {request.scope['path']}: use {allowed}"
    elif error.status_code == 400:
        sentence = f"the body can't be read: send JSON. {FORM}"
    return refusal(error.status_code, sentence, headers)


async def refuse_form(request: Request, error: Exception) -> Response:
    """What does not have the form that is wanted: the first thing that is wrong, and where."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        place = first["loc"][-1]
        return refusal(422, f"the body is no JSON: it breaks at character {place}. {FORM}")
    if isinstance(first.get("input"), bytes):  # FastAPI reads nothing else as JSON
        sentence = "the body must say that it is JSON: send Content-Type: application/json"
        return refusal(415, f"{sentence}. {FORM}")
    where = " → ".join(str(part)[:40] for part in first["loc"])
    return refusal(422, f"{where}: {first['msg']}, not {repr(first.get('input'))[:40]}. {FORM}")
