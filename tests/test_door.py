import asyncio
import json

import h11
import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException as AnyHTTPException

from scratch.serving import door


def asked(method, path, **what):
    """The answer of a small service behind the door, whose token is "open-sesame"."""
    app = FastAPI()
    app.router.route_class = door.Careful
    app.add_middleware(door.Guard, token="open-sesame")
    app.add_exception_handler(AnyHTTPException, door.refuse)
    app.add_exception_handler(RequestValidationError, door.refuse_form)

    @app.get("/health")
    async def health():
        return door.told(200, {"status": "ok"})

    @app.post("/fold-in")
    async def fold_in(somebody: door.Somebody):
        return door.told(200, {"stars": somebody.stars, "n": somebody.n})

    @app.get("/popular")
    async def popular(n: door.Places = 10, rare: bool = False):
        return door.told(200, {"n": n, "rare": rare})

    @app.get("/gone")
    async def gone():
        raise HTTPException(410, "x" * 1000)

    async def ask():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, path, **what)

    return asyncio.run(ask())


KEY = {"Authorization": "Bearer open-sesame"}


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "open-sesame", "Basic open-sesame", "Bearer open-sesam",
        "Bearer open-sesame2", "Bearer  open-sesame", "Bearer Open-Sesame",
    ],
)  # fmt: skip
def test_without_the_token_there_is_health_and_nothing_else(header):
    headers = {} if header is None else {"Authorization": header}
    assert asked("GET", "/health", headers=headers).json() == {"status": "ok"}
    for method, path in (("POST", "/fold-in"), ("GET", "/nowhere"), ("GET", "/health/")):
        refused = asked(method, path, headers=headers)
        assert refused.status_code == 401 and "token" in refused.json()["error"]
        assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_it_is_answered(scheme):
    answer = asked(
        "POST",
        "/fold-in",
        json={"stars": {"7": 5}},
        headers={"Authorization": f"{scheme} open-sesame"},
    )
    assert answer.json() == {"stars": {"7": 5.0}, "n": 10}


def test_a_body_may_have_so_many_bytes_and_not_one_more():
    text = json.dumps({"stars": {"7": 5}})
    for size, status in ((door.MOST_BYTES, 200), (door.MOST_BYTES + 1, 413)):
        body = text + " " * (size - len(text))
        answer = asked(
            "POST", "/fold-in", content=body, headers=KEY | {"Content-Type": "application/json"}
        )
        assert answer.status_code == status
    assert "100,000 bytes at most" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "what", "status", "words"),
    [
        ("GET", "/nowhere", {}, 404, ["/nowhere", "/popular"]),
        ("PUT", "/fold-in", {}, 405, ["PUT is not for /fold-in", "use POST"]),
        ("POST", "/fold-in", {"json": {"stars": {"seven": 5}}}, 422, ["seven", "whole number"]),
        ("POST", "/fold-in", {"json": {"stars": {"7": 6}}}, 422, ["stars → 7", "not 6"]),
        ("POST", "/fold-in", {"json": {"stars": {"7": 5}, "N": 3}}, 422, ["N", "openapi.json"]),
        ("GET", "/gone", {}, 410, ["xxx"]),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_in_one_sentence(method, path, what, status, words):
    refused = asked(method, path, headers=KEY, **what)
    assert refused.status_code == status and set(refused.json()) == {"error"}
    assert all(word in refused.json()["error"] for word in words)
    assert len(refused.json()["error"]) <= door.MOST_WORDS


def test_what_stands_once_and_is_known_is_answered():
    assert asked("GET", "/popular", headers=KEY).json() == {"n": 10, "rare": False}
    assert asked("GET", "/popular?rare=1&n=3", headers=KEY).json() == {"n": 3, "rare": True}
    body = {"stars": {"7": 5.0, "8": 1.0}, "n": 3}
    assert asked("POST", "/fold-in", headers=KEY, json=body).json() == body


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("GET", "/popular?n=3&n=3", None, "'n' is there 2 times: send it once"),
        ("GET", "/popular?n=1&m=2&m=3&m=4", None, "'m' is there 3 times: send it once"),
        ("GET", "/popular?m=3", None, "the parameter 'm' is unknown: there is only n, rare"),
        ("GET", "/popular?n=3&=", None, "the parameter '' is unknown: there is only n, rare"),
        ("GET", "/gone?" + "n" * 99, None, f"the parameter '{'n' * 40}' is unknown: there is none"),
        ("POST", "/fold-in", '{"n": 1, "stars": {"7": 5}, "n": 2}', "'n' is there 2 times: send"),
        ("POST", "/fold-in", '{"stars": {"7": 5, "8": 1, "8": 2, "8": 2}}', "'8' is there 3 times"),
    ],
)
def test_what_stands_twice_or_is_unknown_is_refused(method, path, body, words):
    headers = KEY | ({"Content-Type": "application/json"} if body else {})
    refused = asked(method, path, headers=headers, content=body)
    assert refused.status_code == 422 and refused.json()["error"].startswith(words)


def test_a_body_that_is_not_called_json_is_told_what_to_send():
    refused = asked("POST", "/fold-in", headers=KEY, content=b'{"stars": {"7": 5}}')
    assert refused.status_code == 415
    sentence = "the body must say that it is JSON: send Content-Type: application/json"
    assert refused.json() == {"error": f"{sentence}. {door.FORM}"}


def test_half_a_character_can_be_sent():
    assert door.told(200, {"title": "\ud800é"}).body == b'{"title":"\\ud800\\u00e9"}'


@pytest.mark.parametrize("name", ["monday.npz", "a", "_x-1.npz", "a" * 100])
def test_a_name_of_a_model(name):
    assert door.Wanted(name=name).name == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".npz", "../a.npz", "a/b.npz", "a\\b", "C:a", "a b", "a\n", "a" * 101, "é"],
)
def test_no_name_of_a_model(name):
    with pytest.raises(ValidationError):
        door.Wanted(name=name)


@pytest.mark.parametrize(
    ("odd", "error", "words"),
    [
        ({"status": 200.0}, ValueError, "status must be a whole number from 200 to 599"),
        ({"status": 99}, ValueError, "status must be"),
        ({"what": {"score": float("nan")}}, TypeError, "what is told must be written as JSON"),
        ({"what": {"ids": {1, 2}}}, TypeError, "what is told must be written as JSON"),
        ({"headers": {"x": "a\r\nset-cookie: b"}}, ValueError, "headers must be of ASCII, in one"),
        ({"headers": {"x y": "z"}}, ValueError, "headers must be"),
        ({"headers": {"x": 5}}, TypeError, r"headers\['x'\] must be a str, got 5"),
        ({"headers": ["x"]}, TypeError, "headers must be a dictionary"),
    ],
    ids=str,
)
def test_what_http_could_not_send_is_not_told(odd, error, words):
    with pytest.raises(error, match=words):
        door.told(**{"status": 200, "what": {}} | odd)


def test_a_door_has_a_lock():
    for token in ("", "two words", "é"):
        with pytest.raises(ValueError, match="a token is one word"):
            door.Guard(print, token)
    with pytest.raises(TypeError, match="app must be a function, got None"):
        door.Guard(None, "secret")
    with pytest.raises(TypeError, match="sentence must be a str, got 5"):
        door.refusal(404, 5)


def test_a_form_is_a_pattern():
    with pytest.raises(ValueError, match="pattern must be a regular expression, got 'a\\('"):
        door.of_form("a(", "words")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"stars": {"7": 0.5, "8": 5}, "n": 1}, None),
        ({"stars": {"-7": 5, "0": 5, "9" * 100: 5}, "n": 100}, None),
        ({"stars": {str(i): 5 for i in range(1_000)}}, None),
        ({"stars": {str(i): 5 for i in range(1_001)}}, "at most 1000 items"),
        ({"stars": {"7": 5}, "n": 0}, "greater than or equal to 1"),
        ({"stars": {"7": 5}, "n": 101}, "less than or equal to 100"),
        ({"stars": {"7": 0.4}}, "greater than or equal to 0.5"),
        ({"stars": {"7": 5.1}}, "less than or equal to 5"),
        ({"stars": {"7": float("nan")}}, "finite number"),
        ({"stars": {"7": "5"}}, "valid number"),
        ({"stars": {"7": 5}, "n": 1.0}, "valid integer"),
        ({"stars": {"7": 5}, "m": 1}, "not permitted"),
        *(
            ({"stars": {key: 5}}, "a movie id is a whole number")
            for key in ("", "07", "-0", "+7", "7.0", "٧", "--7", "9" * 101, "-")
        ),
    ],
    ids=lambda given: str(given)[:40],
)  # fmt: skip
def test_what_somebody_may_send(body, problem):
    if problem is None:
        assert door.Somebody(**body).stars == body["stars"]
    else:
        with pytest.raises(ValidationError, match=problem):
            door.Somebody(**body)


def test_a_user_id_in_a_path_and_a_name_of_a_model_are_told_their_forms():
    user_id = TypeAdapter(door.UserId)
    assert user_id.validate_python("-103") == "-103"
    with pytest.raises(ValidationError, match="a user id is a whole number"):
        user_id.validate_python("0103")
    with pytest.raises(ValidationError, match="a model is named by its file alone"):
        door.Wanted(name="../a")
    for wrong in ({"name": 5}, {"name": "a", "x": 1}):
        with pytest.raises(ValidationError, match=r"valid string|not permitted"):
            door.Wanted(**wrong)


def test_what_is_told_has_a_status_and_is_json():
    for status in (200, 599):
        answer = door.told(status, {"a": [1, 2]}, {"x-y": "z w"})
        assert (answer.status_code, answer.body) == (status, b'{"a":[1,2]}')
        assert (answer.media_type, answer.headers["x-y"]) == ("application/json", "z w")
    for status in (199, 600):
        with pytest.raises(ValueError, match=f"from 200 to 599, got {status}"):
            door.told(status, {})
    assert len(json.loads(door.refusal(404, "x" * 301).body)["error"]) == 300


def at_the_door(app, scope, *parts):
    """What is sent to whoever asks with this scope, and a body that comes in these parts."""
    sent, bodies = [], iter([{"body": part} for part in parts])

    async def receive():
        return {"type": "http.request"} | next(bodies, {})

    async def send(message):
        sent.append(message)

    asyncio.run(door.Guard(app, "secret")(scope, receive, send))
    return sent


ALLOWED = {"type": "http", "path": "/", "headers": [(b"authorization", b"Bearer secret")]}


def test_what_is_no_request_needs_no_token():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["type"], await receive()))

    for scope in ({"type": "lifespan"}, {"type": "http", "path": "/health"}, ALLOWED):
        at_the_door(app, scope)
    assert seen == [(kind, {"type": "http.request"}) for kind in ("lifespan", "http", "http")]
    (head, body) = at_the_door(app, {"type": "http", "path": "/", "headers": []})
    assert head["status"] == 401 and b"the token is missing or wrong" in body["body"]


def test_parts_of_a_body_are_counted_together():
    async def app(scope, receive, send):
        for _ in range(4):
            await receive()

    half = b" " * (door.MOST_BYTES // 2)
    assert at_the_door(app, ALLOWED, half, half) == []  # and after it what has no body
    with pytest.raises(HTTPException, match="100,000 bytes at most"):
        at_the_door(app, ALLOWED, half, half, b" ")


def test_a_body_that_breaks_off_gets_no_answer_and_the_end_of_the_service_one():
    async def nonsense(scope, receive, send):
        raise h11.LocalProtocolError("no more")

    async def ended(scope, receive, send):
        raise asyncio.CancelledError

    assert at_the_door(nonsense, ALLOWED) == []
    head, body = at_the_door(ended, ALLOWED)
    assert head["status"] == 503
    assert json.loads(body["body"]) == {"error": "the service ends: ask again later"}


def refused(error, refuse=door.refuse):
    """The status, the sentence and the headers for an error of DELETE /there."""
    request = Request({"type": "http", "method": "DELETE", "path": "/there", "headers": []})
    answer = asyncio.run(refuse(request, error))
    return answer.status_code, json.loads(answer.body)["error"], answer.headers


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AnyHTTPException(404), f"there is nothing at /there: {door.WHERE}"),
        (AnyHTTPException(404, "no such user"), "no such user"),
        (AnyHTTPException(405), "DELETE is not for /there: use another method"),
        (
            AnyHTTPException(405, headers={"Allow": "GET, POST"}),
            "DELETE is not for /there: use GET, POST",
        ),
        (AnyHTTPException(400, "bad"), f"the body can't be read: send JSON. {door.FORM}"),
        (AnyHTTPException(409, "wait", {"Retry-After": "5"}), "wait"),
    ],
)
def test_in_which_words_a_status_is_refused(error, words):
    status, sentence, headers = refused(error)
    assert (status, sentence) == (error.status_code, words)
    assert {*(error.headers or {})} <= {name.title() for name in headers}


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            {"type": "json_invalid", "loc": ("body", 7), "msg": "JSON decode error", "input": {}},
            "the body is no JSON: it breaks at character 7. ",
        ),
        (
            {"type": "missing", "loc": ("body", "stars", 7), "msg": "is required", "input": [1]},
            "body → stars → 7: is required, not [1]. ",
        ),
        (
            {"type": "x", "loc": ("a" * 50, "b"), "msg": "is long", "input": "c" * 50},
            f"{'a' * 40} → b: is long, not '{'c' * 39}. ",
        ),
        ({"type": "x", "loc": ("a",), "msg": "is missing"}, "a: is missing, not None. "),
    ],
)
def test_in_which_words_a_form_is_refused(problem, words):
    other = {"type": "x", "loc": ("other",), "msg": "is not looked at"}
    error = RequestValidationError([problem, other])
    assert refused(error, door.refuse_form)[:2] == (422, words + door.FORM)


def test_a_method_that_is_refused_is_told_which_are_allowed():
    answer = asked("PUT", "/fold-in", headers=KEY)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
