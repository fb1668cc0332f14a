import asyncio
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from test_answers import SETTINGS, assert_same, table

from scratch.recommenders.adapters import Popular
from scratch.recommenders.fitted import Recommender, load
from scratch.serving import door
from scratch.serving import service as module
from scratch.serving.answers import Answers
from scratch.serving.connections import Connection
from scratch.serving.running import client, running

MONDAY, TUESDAY = "monday.npz", "tuesday.npz"
LIMIT = 60  # seconds until a test gives up


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two models, and files that are none; beside the folder one that is not to be had."""
    place = tmp_path_factory.mktemp("here") / "models"
    place.mkdir()
    Recommender(SETTINGS["scaled"]).fit(table()).save(place / MONDAY)
    Recommender(SETTINGS["rated"]).fit(table(seed=5, users=40)).save(place / TUESDAY)
    Recommender(Popular()).fit(table()).save(place / "popular.npz")
    Recommender(SETTINGS["scaled"]).fit(table()).save(place.parent / "outside.npz")
    whole = (place / MONDAY).read_bytes()
    (place / "half.npz").write_bytes(whole[: len(whole) // 2])
    (place / "empty.npz").write_bytes(b"")
    (place / "text.npz").write_text("no model")
    (place / "folder.npz").mkdir()
    diverged = Recommender(SETTINGS["scaled"]).fit(table())
    diverged.arrays["V"][3, 1] = np.nan
    diverged.save(place / "diverged.npz")
    return place


@pytest.fixture(scope="module")
def service(folder):
    with running(folder, MONDAY) as started:
        yield started
        # Whatever the tests have sent: it has met no error of its own.
        assert "Traceback" not in started.said.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ask(service):
    with client(service) as asking:
        yield asking


@pytest.fixture(scope="module")
def monday(folder):
    return load(folder / MONDAY)


def pairs(response):
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"model", "movies"} and body["model"] == MONDAY
    assert all(set(movie) == {"movie_id", "score"} for movie in body["movies"])
    return [(movie["movie_id"], movie["score"]) for movie in body["movies"]]


def assert_refused(response, status, *words):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"} and len(body["error"]) <= door.MOST_WORDS
    for word in words:
        assert word in body["error"]


def test_everybody_gets_the_list_of_the_recommender(ask, monday):
    for user_id in monday.users.ids.tolist():
        assert_same(pairs(ask.get(f"/users/{user_id}/top?n=5")), monday.recommend([user_id], 5))
    assert_same(pairs(ask.get("/users/103/top")), monday.recommend([103], 10))


def test_somebody_new_gets_the_list_of_the_recommender(ask, monday):
    rng = np.random.default_rng(3)
    for size in (1, 4, 11):
        ids = rng.choice(monday.movies.ids, size, replace=False).tolist()
        stars = dict(zip(ids, rng.integers(1, 6, size).tolist(), strict=True)) | {ids[0]: 4.5}
        body = {"stars": {str(movie_id): given for movie_id, given in stars.items()}}
        expected = monday.recommend_new(stars, 7)
        assert_same(pairs(ask.post("/fold-in", json=body | {"n": 7})), expected)
        assert_same(pairs(ask.post("/fold-in", json=body)), monday.recommend_new(stars, 10))


def test_popular(ask, monday):
    assert pairs(ask.get("/popular?n=100")) == Answers(monday, MONDAY).popular(100)
    assert len(pairs(ask.get("/popular"))) == 10


def test_health_needs_no_token_and_counts_the_lists(service, ask):
    before = httpx.get(f"{service.address}/health").json()
    ask.get("/popular"), ask.get("/users/103/top"), ask.get("/users/1/top"), ask.get("/health")
    answer = httpx.get(f"{service.address}/health")
    after = answer.json()
    assert "server" not in answer.headers  # nobody need know what it is made of
    assert after == before | {"answered": before["answered"] + 2}
    del after["answered"]
    assert after == {"status": "ok", "model": MONDAY, "users": 30, "movies": 24}


WAYS = [
    ("GET", "/users/103/top"), ("POST", "/fold-in"), ("GET", "/popular"), ("PUT", "/model"),
    ("GET", "/openapi.json"), ("GET", "/nowhere"), ("GET", "/health/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_all_else_needs_the_token(service, method, path):
    token = service.token
    for given in (
        None, "", token, "Bearer", f"Bearer {token[:-1]}", f"Bearer {token}x",
        f"Basic {token}", "Bearer é".encode("latin-1"), f"Bearer {token.lower()}",
    ):  # fmt: skip
        headers = {} if given is None else {"Authorization": given}
        refused = httpx.request(method, service.address + path, headers=headers)
        assert_refused(refused, 401, "the token is missing or wrong", "Authorization: Bearer")
        assert refused.headers["www-authenticate"] == "Bearer"


BAD_REQUESTS = [
    ("GET", "/users/1/top", None, 404, ["no user 1 ", "/fold-in", "/popular"]),
    ("GET", "/users/999999999999999999999999/top", None, 404, ["no user 99999"]),
    ("GET", "/users/abc/top", None, 422, ["user_id", "a user id is a whole number", "'abc'"]),
    *(
        ("GET", f"/users/{user_id}/top", None, 422, ["user_id", "whole number"])
        for user_id in ("1.5", "103.0", "1_03", "+103", "0103", "%20103", "1e2", "%D9%A3", "--1")
    ),
    ("GET", "/users/-103/top", None, 404, ["no user -103"]),
    ("GET", "/users/103/top?n=0", None, 422, ["n:", "greater than or equal to 1", "'0'"]),
    ("GET", "/users/103/top?n=101", None, 422, ["n:", "less than or equal to 100"]),
    ("GET", "/users/103/top?n=ten", None, 422, ["n:", "valid integer", "'ten'"]),
    ("GET", "/popular?n=1000000000", None, 422, ["n:", "less than or equal to 100"]),
    ("GET", "/popular?n=", None, 422, ["n:"]),
    ("GET", "/popular?n=" + "9" * 5000, None, 422, ["n:"]),
    ("GET", "/popular?n=3&n=5", None, 422, ["'n' is there 2 times", "send it once"]),
    ("GET", "/popular?N=3", None, 422, ["parameter 'N' is unknown", "there is only n"]),
    ("GET", "/users/103/top?n=3&m=", None, 422, ["parameter 'm' is unknown", "only n"]),
    ("GET", "/health?n=3", None, 422, ["parameter 'n' is unknown", "there is none"]),
    ("PUT", "/model?name=a.npz", b"{}", 422, ["parameter 'name' is unknown", "there is none"]),
    ("GET", "/popular?" + "9" * 5000 + "=1", None, 422, ["parameter '" + "9" * 40 + "' is"]),
    ("GET", "/nowhere", None, 404, ["nothing at /nowhere", "/popular"]),
    ("GET", "/", None, 404, ["nothing at /:"]),
    ("GET", "/docs", None, 404, ["nothing at /docs"]),
    ("GET", "/popular/", None, 404, ["nothing at /popular/"]),
    ("DELETE", "/model", None, 405, ["DELETE is not for /model", "use PUT"]),
    ("POST", "/popular", b"", 405, ["POST is not for /popular", "use GET"]),
    ("POST", "/health", b"", 405, ["POST is not for /health"]),
    ("POST", "/fold-in", b'{"stars": {}}', 422, ["nothing here is liked", "/popular"]),
    ("POST", "/fold-in", b"{}", 422, ["stars", "required"]),
    ("POST", "/fold-in", b"", 422, ["body", "required"]),
    ("POST", "/fold-in", b"null", 422, ["body"]),
    ("POST", "/fold-in", b"[1, 2]", 422, ["body", "[1, 2]"]),
    ("POST", "/fold-in", b'"stars"', 422, ["body"]),
    ("POST", "/fold-in", b'{"stars": [5]}', 422, ["stars", "valid dictionary"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}', 422, ["the body is no JSON", "character 18"]),
    ("POST", "/fold-in", b'{"stars": {"7": NaN}}', 422, ["stars → 7", "finite"]),
    ("POST", "/fold-in", b'{"stars": {"7": Infinity}}', 422, ["stars → 7"]),
    ("POST", "/fold-in", b'{"stars": {"7": -Infinity}}', 422, ["stars → 7"]),
    ("POST", "/fold-in", b'{"stars": {"7": 1e999}}', 422, ["stars → 7"]),
    ("POST", "/fold-in", b'{"stars": {"7": "5"}}', 422, ["stars → 7", "valid number", "'5'"]),
    ("POST", "/fold-in", b'{"stars": {"7": true}}', 422, ["stars → 7", "valid number"]),
    ("POST", "/fold-in", b'{"stars": {"7": null}}', 422, ["stars → 7", "valid number"]),
    ("POST", "/fold-in", b'{"stars": {"7": 0.4}}', 422, ["stars → 7", "equal to 0.5"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5.1}}', 422, ["stars → 7", "equal to 5"]),
    ("POST", "/fold-in", b'{"stars": {"7.5": 5}}', 422, ["stars → 7.5", "whole number"]),
    ("POST", "/fold-in", b'{"stars": {"seven": 5}}', 422, ["stars → seven", "whole number"]),
    ("POST", "/fold-in", b'{"stars": {"": 5}}', 422, ["stars", "whole number"]),
    ("POST", "/fold-in", b'{"stars": {"07": 5, "7": 4}}', 422, ["stars → 07", "whole number"]),
    ("POST", "/fold-in", b'{"stars": {"\\ud800": 5}}', 422, ["stars"]),
    ("POST", "/fold-in", b'{"stars": {"8": 5}}', 422, ["no movie 8 ", "leave it out"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}, "n": 0}', 422, ["n:", "equal to 1"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}, "n": "10"}', 422, ["n:", "valid integer"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}, "n": 2.5}', 422, ["n:"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}, "stars": {"8": 4}}', 422, ["'stars' is there 2"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5, "7": 1, "7": 1}}', 422, ["'7' is there 3 times"]),
    ("PUT", "/model", b'{"name": "a.npz", "name": "monday.npz"}', 422, ["'name' is there 2"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}, "m": 3}', 422, ["m:", "not permitted"]),
    ("POST", "/fold-in", b'{"stars": {"7": 5}, "\\ud800": 3}', 422, ["unicode"]),
    ("POST", "/fold-in", b"\xff\xfe\x00", 400, ["can't be read"]),
    ("POST", "/fold-in", b"[" * 90_000, 400, ["can't be read"]),
    ("POST", "/fold-in", b'{"n": ' + b"9" * 5000 + b"}", 400, ["can't be read"]),
    ("POST", "/fold-in", b" " * 100_001, 413, ["too large", "100,000"]),
    ("PUT", "/model", b" " * 3_000_000, 413, ["too large", "100,000"]),
    ("POST", "/fold-in", json.dumps({"stars": {str(i): 5 for i in range(1001)}}).encode(), 422,
     ["stars", "at most 1000"]),
    ("PUT", "/model", b"{}", 422, ["name", "required"]),
    ("PUT", "/model", b'{"name": 5}', 422, ["name", "valid string"]),
    ("PUT", "/model", b'{"name": "a.npz", "x": 1}', 422, ["x:", "not permitted"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"), BAD_REQUESTS,
    ids=[f"{m} {p[:24]} {(b or b'')[:30].decode('latin-1')}" for m, p, b, *_ in BAD_REQUESTS],
)  # fmt: skip
def test_bad_requests_are_told_what_is_wrong(ask, monday, method, path, body, status, words):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    assert_refused(ask.request(method, path, content=body, headers=headers), status, *words)
    assert_same(pairs(ask.get("/users/103/top")), monday.recommend([103], 10))


def test_a_body_in_pieces_is_counted_as_well(ask):
    pieces = iter([b" " * 30_000] * 4)
    assert_refused(ask.post("/fold-in", content=pieces), 413, "too large")
    assert ask.get("/popular").status_code == 200


def test_a_body_that_is_not_called_json(ask):
    refused = ask.post("/fold-in", content=b'{"stars": {"7": 5}}')
    assert_refused(refused, 415, "body", "send Content-Type: application/json")


NO_NAMES = [
    "", ".", "..", "../outside.npz", "/etc/passwd", "sub/monday.npz", "..\\outside.npz",
    "C:\\monday.npz", "C:monday.npz", "monday.npz\x00", "\x00", "monday.npz\n", "\ud800", "é.npz",
    ".hidden.npz", "a" * 101, "~/monday.npz", "%2e%2e%2foutside.npz",
]  # fmt: skip


@pytest.mark.parametrize("name", ["../outside.npz", "/etc/passwd", "a" * 300, ""], ids=ascii)
def test_the_first_model_is_named_without_a_way_to_it_too(folder, name):
    with pytest.raises(ValueError, match="named by its file alone"):
        module.make_app(folder, name, "secret")


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_a_model_is_named_without_a_way_to_it(ask, name):
    before = ask.get("/users/103/top").content
    body = json.dumps({"name": name}).encode()
    refused = ask.put("/model", content=body, headers={"Content-Type": "application/json"})
    assert_refused(refused, 422, "name: ", "named by its file alone", "/openapi.json")
    assert ask.get("/users/103/top").content == before


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("friday.npz", 404, ["no file 'friday.npz'", "save it there first"]),
        ("outside.npz", 404, ["no file 'outside.npz'"]),
        ("folder.npz", 404, ["no file 'folder.npz'"]),
        ("half.npz", 422, ["'half.npz'", "no recommender that was saved whole", "old model"]),
        ("empty.npz", 422, ["'empty.npz'", "no recommender that was saved whole"]),
        ("text.npz", 422, ["'text.npz'", "no recommender that was saved whole"]),
        ("popular.npz", 422, ["a model Popular can't be served", "Weighted"]),
        ("diverged.npz", 422, ["not finite", "old model goes on"]),
    ],
)
def test_a_model_that_cannot_answer_is_refused(ask, folder, name, status, words):
    paths = "/users/103/top", "/popular"
    before = [ask.get(path).content for path in paths]
    refused = ask.put("/model", json={"name": name})
    assert_refused(refused, status, *words)
    assert str(folder) not in refused.text
    assert [ask.get(path).content for path in paths] == before


def test_another_model_and_back(ask, folder):
    tuesday = load(folder / TUESDAY)
    changed = ask.put("/model", json={"name": TUESDAY})
    assert changed.json() == {"model": TUESDAY, "was": MONDAY}
    try:
        assert ask.get("/health").json()["users"] == 40
        found = ask.get("/users/139/top?n=4").json()
        assert found["model"] == TUESDAY
        expected = tuesday.recommend([139], 4)["movie_id"].tolist()
        assert [one["movie_id"] for one in found["movies"]] == expected
    finally:
        changed = ask.put("/model", json={"name": MONDAY})
    assert changed.json() == {"model": MONDAY, "was": TUESDAY}
    assert ask.get("/users/139/top").status_code == 404


def in_this_process(folder, talk):
    """What `talk(ask)` returns, where ask is a client of a service without a process of its own."""

    async def run():
        transport = httpx.ASGITransport(module.make_app(folder, MONDAY, "secret"))
        headers = {"Authorization": "bearer secret"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://here", headers=headers, timeout=LIMIT
        ) as ask:
            return await asyncio.wait_for(talk(ask), LIMIT)

    return asyncio.run(run())


def test_while_one_is_loaded_it_answers_and_takes_no_other(folder, monkeypatch):
    is_loading, may_load = threading.Event(), threading.Event()

    async def talk(ask):
        def slowly(path):
            is_loading.set()
            assert may_load.wait(LIMIT)
            return load(path)

        monkeypatch.setattr(module, "load", slowly)
        first = asyncio.create_task(ask.put("/model", json={"name": TUESDAY}))
        while not is_loading.is_set():
            await asyncio.sleep(0.01)
        between = await ask.get("/popular")
        second = await ask.put("/model", json={"name": TUESDAY})
        may_load.set()
        return between, second, await first, await ask.put("/model", json={"name": MONDAY})

    between, second, first, third = in_this_process(folder, talk)
    assert between.json()["model"] == MONDAY
    assert_refused(second, 409, "another model is being loaded", "ask again")
    assert first.json() == {"model": TUESDAY, "was": MONDAY}
    assert third.json() == {"model": MONDAY, "was": TUESDAY}


def test_after_one_that_failed_another_may_come(folder):
    async def talk(ask):
        names = ["half.npz", "friday.npz", "popular.npz", TUESDAY]
        return [(await ask.put("/model", json={"name": name})).status_code for name in names]

    assert in_this_process(folder, talk) == [422, 404, 422, 200]


def link(path, to):
    try:
        path.symlink_to(to)
    except OSError as problem:
        pytest.skip(f"no links here: {problem}")


def test_a_link_that_leads_out_of_the_folder_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "models")
    shutil.copy(folder / TUESDAY, tmp_path / "outside.npz")
    link(tmp_path / "models" / "out.npz", "../outside.npz")
    link(tmp_path / "models" / "far.npz", tmp_path / "outside.npz")
    link(tmp_path / "models" / "twice.npz", "out.npz")
    link(tmp_path / "models" / "loop.npz", "loop.npz")
    link(tmp_path / "models" / "today.npz", TUESDAY)
    link(tmp_path / "current", "models")

    async def talk(ask):
        for name in ("out.npz", "far.npz", "twice.npz"):
            refused = await ask.put("/model", json={"name": name})
            assert_refused(refused, 422, f"'{name}'", "a link that leads out", "old model goes on")
            assert str(tmp_path) not in refused.text
        assert_refused(await ask.put("/model", json={"name": "loop.npz"}), 404, "no file")
        return (await ask.put("/model", json={"name": "today.npz"})).json()

    for place in ("models", "current"):
        assert in_this_process(tmp_path / place, talk) == {"model": "today.npz", "was": MONDAY}
    with pytest.raises(ValueError, match=r"'out.npz' can't answer: it is a link that leads out"):
        module.make_app(tmp_path / "models", "out.npz", "secret")


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"folder": "models"}, "folder must be a Path, got 'models'"),
        ({"name": None}, "name must be a str, got None"),
        ({"token": None}, "token must be a str, got None"),
        ({"num_cells": 2.0}, "num_cells must be a whole number, got 2.0: write 2"),
        ({"num_probed": True}, "num_probed must be a whole number"),
    ],
    ids=str,
)
def test_settings_of_another_kind_are_refused_by_name(folder, odd, words):
    good = {"folder": folder, "name": MONDAY, "token": "secret"}
    with pytest.raises(TypeError, match=words):
        module.make_app(**good | odd)


@pytest.mark.parametrize("token", ["", "two words", "ä", "a\n"])
def test_a_token_that_no_header_holds(folder, token):
    with pytest.raises(ValueError, match="a token is one word"):
        module.make_app(folder, MONDAY, token)


def in_threads(work, count):
    """What `work(number)` returned in each of so many threads, all started at once."""
    results = [None] * count

    def keep(number):
        results[number] = work(number)

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert None not in results, "a thread has failed, or hangs"
    return results


@pytest.mark.slow
def test_models_change_under_load_and_no_answer_is_lost_or_mixed(folder):
    expected = {}
    for name in (MONDAY, TUESDAY):
        answers = Answers(load(folder / name), name)
        for user_id in range(100, 130):
            expected[name, user_id] = [list(pair) for pair in answers.top(user_id, 10)]
    done = threading.Event()

    def work(number):
        if number == 0:
            try:
                with client(service) as ask:
                    names = [TUESDAY, MONDAY] * 5
                    return [ask.put("/model", json={"name": name}).status_code for name in names]
            finally:
                done.set()
        seen, i = [], 0
        with client(service) as ask:
            while i == 0 or not (done.is_set() or i == 50_000):  # each has asked something
                user_id = 100 + (i + 7 * number) % 30
                seen.append((user_id, ask.get(f"/users/{user_id}/top")))
                i += 1
        return seen

    with running(folder, MONDAY) as service:
        changes, *seen = in_threads(work, 4)
        with client(service) as ask:
            answered = ask.get("/health").json()["answered"]
    assert changes == [200] * 10
    everything = [pair for of_one in seen for pair in of_one]
    assert {response.status_code for _, response in everything} == {200}
    assert answered == len(everything)
    bodies = [(user_id, response.json()) for user_id, response in everything]
    for user_id, body in bodies:
        found = [[movie["movie_id"], movie["score"]] for movie in body["movies"]]
        assert found == expected[body["model"], user_id]
    assert {body["model"] for _, body in bodies} == {MONDAY, TUESDAY}


@pytest.mark.slow
def test_two_who_change_the_model_at_once(folder):
    """Whoever comes while the other's model is loaded is refused, and asks again."""

    def work(number):
        fine, refused = [], []
        with client(service) as ask:
            while len(fine) < 15:  # it ends: once the other is through, nobody is in the way
                answer = ask.put("/model", json={"name": (MONDAY, TUESDAY)[number]})
                assert answer.status_code in {200, 409}, answer.text
                (fine if answer.status_code == 200 else refused).append(answer)
        return [answer.json() for answer in fine], refused

    with running(folder, MONDAY) as service:
        (fine, refused), (others, more) = in_threads(work, 2)
        with client(service) as ask:
            now = ask.get("/health").json()["model"]
            assert ask.get("/users/103/top").json()["model"] == now
            assert ask.put("/model", json={"name": TUESDAY}).json() == {
                "model": TUESDAY, "was": now
            }  # fmt: skip
    for answer in refused + more:
        assert_refused(answer, 409, "another model is being loaded", "ask again")
    # Each took over from one that had answered: as many left as came, but for the last.
    fine += others
    came, left = [MONDAY, *(one["model"] for one in fine)], [*(one["was"] for one in fine), now]
    assert sorted(came) == sorted(left)


def talk_raw(service, raw):
    """All that comes back for these bytes, until the service closes or nothing more comes."""
    port = int(service.address.rpartition(":")[2])
    back = b""
    with socket.create_connection(("127.0.0.1", port), LIMIT) as connection:
        with contextlib.suppress(OSError):  # it may have closed already, with good reason
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                back += piece
    return back


def odd_request(rng, token):
    """Bytes that look like a request, more or less."""
    method = rng.choice([b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"BREW", b"get", b"\x00"])
    path = rng.choice([
        b"/popular", b"/health", b"/users/103/top", b"/users/%00/top", b"/users/\xff/top",
        b"/model", b"/fold-in", b"/%2e%2e/", b"//", b"*", b"http://[/popular", b"/popular?n=%zz",
        b"/" + b"a" * 9000, b"/popular?" + b"n=1&" * 900, b"popular", b"/users/-0/top", b"",
    ])  # fmt: skip
    if rng.random() < 0.5:  # nothing wrong so far
        method, path = rng.choice([(b"POST", b"/fold-in"), (b"PUT", b"/model"), (b"GET", path)])
    body = rng.choice([
        b"", b"{}", b'{"stars": {"7": 5}}', b'{"name": "half.npz"}', rng.randbytes(40), b"[[[[",
        b'{"stars": {"7": 1e400}}', b'{"name": "\\ud800"}', b'{"stars": {"\\u0000": 5}}', b"0",
        b'{"stars":{"7":5},"stars":{"x":1}}', b'"\\ud800"', b"-" * 70_000,
    ])  # fmt: skip
    lengths = [b"%d" % len(body)] * 6 + [
        b"-1", b"abc", b"1e3", b"9" * 30, b"0", b"%d" % (len(body) + 5), b"5, 6", b" ", b"\xb2",
    ]  # fmt: skip
    headers = [b"Content-Length: " + rng.choice(lengths), b"Content-Type: application/json"]
    headers += rng.sample([
        b"Host: here", b"Host: [", b"Host: a b", b"Host: \xff", b"Connection: close",
        b"Expect: 100-continue", b"Transfer-Encoding: chunked", b"Transfer-Encoding: x",
        b"Content-Length: 3", b"X: " + b"y" * 3000, b"no colon", b": no name", b"A\x00: b",
        b"Content-Type: \xff", b"Content-Type: text/plain", b"Upgrade: websocket",
        b"Connection: upgrade", b"Content-Encoding: gzip", b" folded: yes", b"Range: bytes=9-1",
        b"Authorization: Bearer x", b"X-Forwarded-For: \xff", b"Cookie: =;=;", b"Accept: \x01",
    ], rng.randrange(5))  # fmt: skip
    if rng.random() < 0.7:
        headers.append(b"Host: here")
    headers.append(b"Authorization: Bearer " + token.encode())
    version = rng.choice([b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b"", b"FTP"])
    raw = b"\r\n".join([b" ".join([method, path, version]), *headers, b"", body])
    if rng.random() < 0.2:
        place = rng.randrange(len(raw))
        raw = raw[:place] + rng.randbytes(rng.randrange(4)) + raw[place + 1 :]
    return raw[: rng.randrange(len(raw))] if rng.random() < 0.1 else raw


# What oddities have found: a body that turns out to be nonsense when its head has been understood.
FOUND = (
    b"PUT /popular HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n"
    b"Authorization: Bearer %s\r\n\r\n" + b"-" * 26_000
)


@pytest.mark.slow
def test_no_odd_bytes_make_it_fail(folder):
    rng, seen = random.Random(17), []
    with running(folder, MONDAY) as service, client(service) as ask:
        before = ask.get("/users/103/top").content
        oddities = [FOUND % service.token.encode()]
        oddities += [odd_request(rng, service.token) for _ in range(600)]
        for raw in [*oddities, *(rng.randbytes(rng.randrange(300)) for _ in range(60))]:
            back = talk_raw(service, raw)
            assert b"Traceback" not in back
            if not back:
                continue  # it was not a whole request
            status = int(back.split(b" ", 2)[1])
            assert 200 <= status < 500 or status == 100, raw
            seen.append(status)
            head, _, body = back.partition(b"\r\n\r\n")
            if status >= 400 and body and not raw.startswith(b"HEAD"):
                assert b"application/json" in head
                first, _ = json.JSONDecoder().raw_decode(body.decode())  # others may follow
                assert set(first) == {"error"}
        assert ask.get("/users/103/top").content == before
        assert "Traceback" not in service.said.read_text(encoding="utf-8")
    assert {200, 400, 404, 405, 422} <= set(seen)


@pytest.mark.slow
def test_no_damage_to_a_file_makes_it_fail(folder, tmp_path):
    whole, rng = (folder / MONDAY).read_bytes(), random.Random(18)
    (tmp_path / MONDAY).write_bytes(whole)
    statuses = []
    with running(tmp_path, MONDAY) as service, client(service) as ask:
        for _ in range(40):
            damaged = bytearray(whole)
            for place in rng.sample(range(len(whole)), 3):
                damaged[place] = rng.randrange(256)
            # The list of what is in the file stands at its end: it is hit too seldom by chance.
            damaged[rng.randrange(len(whole) - 900, len(whole))] ^= 1 << rng.randrange(8)
            (tmp_path / "damaged.npz").write_bytes(damaged)
            before = ask.get("/users/103/top").json()["movies"]
            response = ask.put("/model", json={"name": "damaged.npz"})
            statuses.append(response.status_code)
            if response.status_code != 200:
                assert_refused(response, 422, "'damaged.npz' can't answer")
            assert ask.get("/users/103/top").json()["movies"] == before
    assert 422 in statuses and set(statuses) <= {200, 422}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl+C"])
def test_it_ends_when_all_that_is_under_way_is_answered(folder, which):
    ended, under_way = threading.Event(), threading.Event()
    body = b'{"stars": {"7": 5}}'

    def work(number):
        port = int(service.address.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        headers = {"Authorization": f"Bearer {service.token}"}
        if number == 0:  # half a question before the signal, half after it
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
            connection.putrequest("POST", "/fold-in")
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body[:5])
            assert under_way.wait(LIMIT)
            service.process.send_signal(which)
            while not is_closed(port):
                time.sleep(0.01)
            connection.send(body[5:])
            response = connection.getresponse()
            movies = json.loads(response.read())["movies"]
            ended.set()
            return response.status, len(movies)
        count = 0
        while not ended.is_set():
            try:
                connection.request("GET", "/users/103/top", headers=headers)
                response = connection.getresponse()
            except (ConnectionError, http.client.RemoteDisconnected):
                return count  # closed between two questions: nothing was begun
            assert response.status == 200
            assert json.loads(response.read())["model"] == MONDAY
            count += 1
            if count == 20:
                under_way.set()
        return count

    with running(folder, MONDAY) as service:
        half, *counts = in_threads(work, 4)
        assert service.process.wait(LIMIT) == 0
        assert "Traceback" not in service.said.read_text(encoding="utf-8")
    assert half == (200, 10) and max(counts) >= 20


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_half_a_question_is_told_that_the_service_ends(folder, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    with running(folder, MONDAY) as service:
        port = int(service.address.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        connection.putrequest("POST", "/fold-in")
        for name, value in {
            "Authorization": f"Bearer {service.token}",
            "Content-Type": "application/json",
            "Content-Length": "50",
        }.items():
            connection.putheader(name, value)
        connection.endheaders(b'{"stars"')
        assert httpx.get(f"{service.address}/health").status_code == 200  # ours is under way
        service.process.send_signal(signal.SIGTERM)
        response = connection.getresponse()
        assert response.status == 503 and "the service ends" in json.loads(response.read())["error"]
        assert service.process.wait(LIMIT) == 0
        assert "Traceback" not in service.said.read_text(encoding="utf-8")


LIMITED = """
import resource, sys
from scratch.serving import connections, service

resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
connections.PATIENCE_SECONDS, connections.PLACES = 0.3, 4
service.main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sets no limit to open files")
def test_whoever_is_silent_takes_no_place_from_the_others_for_long(folder):
    command = [sys.executable, "-c", LIMITED, folder, "--model", MONDAY, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(process.communicate)
        at_the_end.callback(process.kill)
        address = process.stdout.readline().split()[-1]
        port = int(address.rpartition(":")[2])
        for _ in range(200):  # more than it may open files
            silent = at_the_end.enter_context(socket.create_connection(("127.0.0.1", port), LIMIT))
            silent.send(b"GET /health HTTP")
        for _ in range(1000):
            with contextlib.suppress(httpx.TransportError):  # closed without a word
                if httpx.get(f"{address}/health", timeout=LIMIT).status_code == 200:
                    break
            time.sleep(0.01)
        else:
            pytest.fail("the silent ones have all places, and keep them")
        assert process.poll() is None


def told_to(folder, monkeypatch, *words):
    """What the program hands on, for these words, and does not serve."""
    seen = {}
    make_app = module.make_app
    monkeypatch.setattr(
        module, "make_app", lambda *args, **settings: seen.update(settings) or make_app(*args)
    )
    monkeypatch.setattr(module, "serve", lambda app, listening: listening.close())
    module.main([str(folder), "--model", MONDAY, "--port", "0", *words])
    return seen


def test_the_program_hands_its_settings_on(folder, monkeypatch, capsys):
    assert told_to(folder, monkeypatch) == {"num_cells": None, "num_probed": 1}
    wanted = told_to(folder, monkeypatch, "--cells", "6", "--probed", "3")
    assert wanted == {"num_cells": 6, "num_probed": 3}
    assert capsys.readouterr().out.count("monday.npz answers at http://127.0.0.1:") == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--cells", "0"], "num_cells must be at least 1, got 0."),
        (["--cells", "99"], "24 items make 1 to 24 cells, not 99"),
        (["--cells", "4", "--probed", "5"], "num_probed must be from 1 to 4 cells, got 5"),
        (["--port", "99999"], "port must be at least 0 and at most 65535, got 99999."),
        (["--model", "friday.npz"], "there is no file 'friday.npz' in the folder of models."),
        (["--model", "../outside.npz"], "a model is named by its file alone"),
    ],
    ids=str,
)
def test_the_program_ends_with_a_sentence(folder, monkeypatch, words, says):
    monkeypatch.setattr(module, "serve", None)
    with pytest.raises(SystemExit) as ended:
        module.main([str(folder), "--model", MONDAY, "--port", "0", *words])
    assert ended.value.code.startswith("The service can't begin: ") and says in ended.value.code
    with pytest.raises(SystemExit, match="There is no folder"):
        module.main([str(folder / "nowhere"), "--model", MONDAY])


def test_without_a_standard_output_nobody_would_know_the_token(folder, monkeypatch):
    began = []
    monkeypatch.setattr(module, "serve", lambda _, listening: began.append(listening.close()))
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.delenv("SCRATCH_TOKEN", raising=False)
    words = [str(folder), "--model", MONDAY, "--port", "0"]
    with pytest.raises(SystemExit, match="no standard output that could tell the token: set SC"):
        module.main(words)
    monkeypatch.setenv("SCRATCH_TOKEN", "open-sesame")
    module.main(words)
    assert began == [None]


def test_what_can_tell_nobody_where_it_answers_does_not_begin(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "serve", None)
    monkeypatch.setattr(module, "print", full, raising=False)
    with pytest.raises(SystemExit, match=r"The service can't begin: .*No space left on device"):
        module.main([str(folder), "--model", MONDAY, "--port", "0"])


def test_no_piece_of_an_answer_waits_for_another():
    with module.listen(0) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def is_closed(port):
    try:
        socket.create_connection(("127.0.0.1", port), LIMIT).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.slow
def test_as_a_program_it_makes_a_token_and_says_it(folder):
    own = {name: value for name, value in os.environ.items() if name != module.TOKEN}
    command = [sys.executable, "-m", "scratch.serving.service", folder, "--model", MONDAY]
    process = subprocess.Popen(
        [*command, "--port", "0"], env=own, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        address = process.stdout.readline().split()[-1]
        token = process.stdout.readline().split()[-1]
        assert len(token) >= 32 and httpx.get(f"{address}/popular").status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{address}/popular", headers=headers).status_code == 200
    finally:
        process.kill()
        process.communicate()


def test_a_model_that_may_not_be_looked_at(tmp_path, monkeypatch):
    Recommender(SETTINGS["scaled"]).fit(table()).save(tmp_path / MONDAY)

    async def talk(ask):
        def denied(self):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(module.Path, "is_file", denied)
        return await ask.put("/model", json={"name": TUESDAY})

    refused = in_this_process(tmp_path, talk)
    assert refused.status_code == 422 and "Permission denied" in refused.json()["error"]


def test_cells_are_those_asked_for_in_each_model(tmp_path):
    Recommender(SETTINGS["scaled"]).fit(table()).save(tmp_path / MONDAY)
    now = module.Model(tmp_path, 6, 4).read(MONDAY)
    assert (len(now._cells.starts) - 1, now._num_probed) == (6, 4)


def test_one_cell_is_looked_into_unless_more_are_asked_for(folder, monkeypatch):
    seen, made = [], module.Answers
    monkeypatch.setattr(module, "Answers", lambda *a, **how: seen.append(how) or made(*a, **how))
    module.make_app(folder, MONDAY, "open-sesame", num_cells=6)
    module.make_app(folder, MONDAY, "open-sesame")
    assert seen == [{"num_cells": cells, "num_probed": 1} for cells in (6, None)]


def test_the_program_tells_what_it_wants(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        module.main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for part in (
        "usage: python -m scratch.serving.service [-h] --model NAME [--port PORT] [--cells N] "
        "[--probed N] [--while-stdin] folder",
        "folder of files that Recommender.save has written",
        "--model NAME the one to begin with", "--port PORT 0: one that is free",
        "--cells N search in cells, so many", "--probed N cells looked into",
        "--while-stdin end when that is closed",
    ):  # fmt: skip
        assert part in words


def test_the_port_is_8017_unless_another_is_asked_for(folder, monkeypatch):
    ports = []
    monkeypatch.setattr(module, "make_app", lambda *_, **settings: None)
    monkeypatch.setattr(module, "listen", lambda port: ports.append(port) or socket.socket())
    monkeypatch.setattr(module.socket.socket, "getsockname", lambda _: ("127.0.0.1", 1))
    monkeypatch.setattr(module, "serve", lambda app, listening: listening.close())
    for words in ([], ["--port", "80"]):
        module.main([str(folder), "--model", MONDAY, *words])
    assert ports == [8017, 80]


@pytest.mark.parametrize("own", ["open-sesame", "", None])
def test_the_program_says_a_token_only_if_it_has_made_one(folder, monkeypatch, capsys, own):
    tokens, apps = [], []
    monkeypatch.setattr(module, "make_app", lambda *given, **_: tokens.append(given[2]) or given)
    monkeypatch.setattr(module, "serve", lambda *given: apps.append(given[0]) or given[1].close())
    monkeypatch.setattr(module, "end_with_whoever_started", None)  # unless --while-stdin says so
    monkeypatch.delenv("SCRATCH_TOKEN", raising=False)
    if own is not None:
        monkeypatch.setenv("SCRATCH_TOKEN", own)
    for _ in range(2):
        module.main([str(folder), "--model", MONDAY, "--port", "0"])
    said = capsys.readouterr().out.splitlines()
    assert apps == [(folder, MONDAY, token) for token in tokens]
    assert re.fullmatch(r"monday\.npz answers at http://127\.0\.0\.1:[1-9][0-9]*", said[0])
    if own:
        assert said[1] == "The token is that of SCRATCH_TOKEN" and tokens == ["open-sesame"] * 2
    else:
        assert said[1] == f"The token is {tokens[0]}" != said[3]
        assert [len(token) for token in tokens] == [32, 32]  # 24 bytes, by chance


def test_the_program_ends_with_its_standard_input_if_that_is_wanted(folder, monkeypatch):
    done = []
    monkeypatch.setattr(module, "end_with_whoever_started", lambda: done.append("watched"))
    monkeypatch.setattr(module, "serve", lambda _, listening: done.append(listening.close()))
    module.main([str(folder), "--model", MONDAY, "--port", "0", "--while-stdin"])
    assert done == ["watched", None]


def test_a_standard_input_that_is_closed_from_the_first(folder, monkeypatch):
    def closed():
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "end_with_whoever_started", closed)
    monkeypatch.setattr(module, "serve", None)
    words = [str(folder), "--model", MONDAY, "--port", "0", "--while-stdin"]
    module.main(words)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit, match="no standard input that could be closed"):
        module.main(words)
    served = []
    monkeypatch.setattr(module, "serve", lambda _, listening: served.append(listening.close()))
    module.main(words[:-1])
    assert served == [None]  # who does not wait for its end needs none


def test_a_closed_standard_input_is_as_ctrl_c(monkeypatch):
    closed, interrupted, pieces = threading.Event(), threading.Event(), [b"more", b"still more"]

    def read(file, _):
        assert file == 0
        return pieces.pop() if pieces else b"" if closed.wait(LIMIT) else b"never"

    monkeypatch.setattr(module, "os", SimpleNamespace(read=read))
    monkeypatch.setattr(module, "_thread", SimpleNamespace(interrupt_main=interrupted.set))
    before = {*threading.enumerate()}
    module.end_with_whoever_started()
    (thread,) = {*threading.enumerate()} - before
    assert thread.daemon and not interrupted.is_set()  # it keeps no program from its end
    closed.set()
    thread.join(LIMIT)
    assert interrupted.is_set() and not pieces


def test_how_it_is_served(monkeypatch):
    seen = []

    class Server:
        def __init__(self, config):
            seen.append(config)

        def run(self, sockets):
            seen.append(sockets)
            raise KeyboardInterrupt  # as uvicorn does after Ctrl+C

    monkeypatch.setattr(module.uvicorn, "Server", Server)
    monkeypatch.setattr(module.signal, "signal", lambda *given: seen.append(given))
    module.serve(print, "listening")
    handler, config, sockets = seen
    assert handler == (signal.SIGTERM, signal.default_int_handler) and sockets == ["listening"]
    assert config.app is print and config.http is Connection
    assert (config.loop, config.ws, config.lifespan) == ("asyncio", "none", "off")
    assert config.log_level == "error" and not config.access_log
    # Nobody need know what it is made of, and whoever asks is not believed to be somebody else.
    assert not config.server_header and not config.proxy_headers
    assert (config.timeout_keep_alive, config.timeout_graceful_shutdown) == (60, 5)
    assert config.backlog == 128


def test_a_port_that_is_taken_is_named(folder):
    with module.listen(0) as taken:
        port = taken.getsockname()[1]
        words = rf"port {port} can't be had \(.*\): port 0 takes a free one"
        with pytest.raises(OSError, match=words):
            module.listen(port)
        with pytest.raises(SystemExit, match=rf"^The service can't begin: {words}\.$"):
            module.main([str(folder), "--model", MONDAY, "--port", str(port)])


def test_what_it_is_and_nothing_of_pages(folder):
    async def talk(ask):
        health, form = await ask.get("/health"), (await ask.get("/openapi.json")).json()
        return health.json(), form["info"]["title"], (await ask.get("/redoc")).status_code

    health = {"status": "ok", "model": MONDAY, "users": 30, "movies": 24, "answered": 0}
    assert in_this_process(folder, talk) == (health, "scratch", 404)


@pytest.mark.parametrize(
    ("problem", "words"),
    [(MemoryError(), "MemoryError"), (OSError("no such thing"), "no such thing")],
)
def test_a_problem_without_words_has_a_name(folder, monkeypatch, problem, words):
    def fails(path):
        raise problem

    monkeypatch.setattr(module, "load", fails)
    with pytest.raises(ValueError, match=f"^'monday.npz' can't answer: {words}$"):
        module.Model(folder, None, 1).read(MONDAY)


def test_a_long_name_is_not_sent_back(folder):
    with pytest.raises(ValueError, match=r"at most 100\), not 'a+'$") as refused:
        module.Model(folder, None, 1).read("a" * 1000)
    assert str(refused.value).count("a" * door.MOST_WORDS) == 1
