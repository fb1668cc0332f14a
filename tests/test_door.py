import asyncio
import json

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException as AnyHTTPException

from scratch.serving import door


def asked(method, path, **what):
    """The answer of a small service behind the door, whose token is "open-sesame"."""
    app = FastAPI()
    app.add_middleware(door.Guard, token="open-sesame")
    app.add_exception_handler(AnyHTTPException, door.refuse)
    app.add_exception_handler(RequestValidationError, door.refuse_form)

    @app.get("/health")
    async def health():
        return door.told(200, {"status": "ok"})

    @app.post("/fold-in")
    async def fold_in(somebody: door.Somebody):
        return door.told(200, {"stars": somebody.stars, "n": somebody.n})

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
