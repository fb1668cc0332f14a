"""The service: top-n, fold-in, popular, health, and a new model while it runs.

`python -m scratch.serving.service FOLDER --model NAME` answers on this machine alone, whoever has
the token. Introduced in notebook 17.
"""

import _thread
import argparse
import asyncio
import contextlib
import os
import re
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as AnyHTTPException

from scratch.checking import Count, checked
from scratch.recommenders.fitted import load
from scratch.serving.addresses import Port, check_token
from scratch.serving.answers import Answer, Answers
from scratch.serving.connections import Connection
from scratch.serving.door import (
    FILE,
    MOST_WORDS,
    NAME,
    Careful,
    Guard,
    Places,
    Somebody,
    UserId,
    Wanted,
    refuse,
    refuse_form,
    told,
)

HOST = "127.0.0.1"
TOKEN = "SCRATCH_TOKEN"  # the environment variable: a command line can be read by everybody here
# Longer than a client keeps an idle connection (httpx: 5 s), so that the service does not close one
# at the moment when the next request is on its way.
IDLE_SECONDS = 60
LAST_SECONDS = 5  # for requests under way when the service is to end
BACKLOG = 128  # connections that wait to be taken


class Model:
    """The model that answers now, and the one way to another."""

    @checked
    def __init__(self, folder: Path, num_cells: Count | None, num_probed: Count):
        self.folder, self.num_cells, self.num_probed = folder, num_cells, num_probed
        self.answers: Answers  # always used whole: one request, one model
        self.answered = 0
        self.changing = False

    @checked
    def read(self, name: str) -> Answers:
        """The model in a file, ready to answer.

        Raises FileNotFoundError, and ValueError for whatever else is wrong with it, also if it is a
        link to a file that is not in the folder, or if the name is a way to another folder.
        """
        if not re.fullmatch(NAME, name):
            raise ValueError(f"{FILE}, not {name[:MOST_WORDS]!r}")
        path = self.folder / name
        try:
            if not path.is_file():
                raise FileNotFoundError(f"there is no file {name!r} in the folder of models")
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise ValueError(
                    "it is a link that leads out of the folder of models: copy the file"
                )
            recommender = load(path)
            return Answers(recommender, name, num_cells=self.num_cells, num_probed=self.num_probed)
        except FileNotFoundError:
            raise
        except Exception as problem:  # a file can be damaged in more ways than anybody has listed
            words = str(problem).replace(str(path), name) or type(problem).__name__
            raise ValueError(f"{name!r} can't answer: {words}") from problem


@checked
def make_app(
    folder: Path,
    name: str,
    token: str,
    *,
    num_cells: Count | None = None,
    num_probed: Count = 1,
) -> FastAPI:
    """The service of the models in a folder, files of `Recommender.save`; it begins with `name`.

    name: of a file in the folder, without a way to it. token: what all requests but those for
    /health must bring. num_cells and num_probed: as in `Answers`. Raises FileNotFoundError for a
    model that is not there, ValueError for one that can't answer, for a name that is none, and for
    a token that no header could hold; TypeError for what is of another kind.
    """
    check_token(token)
    model = Model(folder, num_cells, num_probed)
    model.answers = model.read(name)
    # No pages of documentation: they fetch scripts from elsewhere. What they would show is plain
    # text, in /openapi.json, and that stays.
    app = FastAPI(title="scratch", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.router.route_class = Careful
    app.add_middleware(Guard, token=token)
    app.add_exception_handler(AnyHTTPException, refuse)
    app.add_exception_handler(RequestValidationError, refuse_form)

    def listed(answer: Answer, of: Answers) -> Response:
        """A list as a response, and counted."""
        model.answered += 1
        movies = [{"movie_id": movie_id, "score": score} for movie_id, score in answer]
        return told(200, {"model": of.name, "movies": movies})

    # All of these run on the one thread of the event loop, one after the other, and nothing in them
    # waits: an answer takes less than a millisecond. Handing it to another thread would take about
    # as long, and numba's parallel loops must not be called by several threads at once.

    @app.get("/health")
    async def health() -> Response:
        now = model.answers
        sizes = {"users": now.num_users, "movies": now.num_movies}
        return told(200, {"status": "ok", "model": now.name, **sizes, "answered": model.answered})

    @app.get("/users/{user_id}/top")
    async def top(user_id: UserId, n: Annotated[Places, Query()] = 10) -> Response:
        now = model.answers
        try:
            return listed(now.top(int(user_id), n), now)
        except KeyError as unknown:
            raise HTTPException(404, f"{unknown.args[0]}: POST /fold-in, or GET /popular") from None

    @app.post("/fold-in")
    async def fold_in(somebody: Somebody) -> Response:
        now = model.answers
        stars = {int(movie_id): given for movie_id, given in somebody.stars.items()}
        try:
            return listed(now.fold_in(stars, somebody.n), now)
        except KeyError as unknown:
            raise HTTPException(422, f"{unknown.args[0]}: leave it out") from None
        except ValueError as problem:
            raise HTTPException(422, f"{problem}: GET /popular is for that") from None

    @app.get("/popular")
    async def popular(n: Annotated[Places, Query()] = 10) -> Response:
        now = model.answers
        return listed(now.popular(n), now)

    @app.put("/model")
    async def change(wanted: Wanted) -> Response:
        if model.changing:
            raise HTTPException(409, "another model is being loaded: ask again when it is there")
        model.changing = True
        try:  # in another thread, while this one goes on answering
            new = await asyncio.to_thread(model.read, wanted.name)
        except FileNotFoundError as problem:
            raise HTTPException(404, f"{problem}: save it there first") from None
        except ValueError as problem:
            raise HTTPException(422, f"{problem}. The old model goes on answering") from None
        finally:
            model.changing = False
        was, model.answers = model.answers, new  # from here on; who has begun ends with the old one
        return told(200, {"model": new.name, "was": was.name})

    return app


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Answer until SIGINT (Ctrl+C) or SIGTERM; requests under way are answered still."""
    config = uvicorn.Config(
        app, http=Connection, loop="asyncio", ws="none", lifespan="off",  # on every machine
        log_level="error", access_log=False, proxy_headers=False, server_header=False,
        timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=LAST_SECONDS, backlog=BACKLOG,
    )  # fmt: skip
    # uvicorn waits for what is under way, and then lets the signal do what it did before.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def end_with_whoever_started() -> None:
    """When the standard input is closed, end as by Ctrl+C: also if that process was killed."""

    def wait() -> None:
        while os.read(0, 1024):  # not by sys.stdin, whose lock would be held at the end
            pass
        _thread.interrupt_main()

    threading.Thread(target=wait, daemon=True).start()


@checked
def listen(port: Port) -> socket.socket:
    """A socket that takes connections of this machine at the port; 0: one that is free.

    Raises OSError for a port that can't be had, ValueError for a number that is none.

    uvicorn sends the head and the body of an answer in two pieces. Without TCP_NODELAY the second
    would wait until the client confirms the first, which clients put off for some 40 ms; asyncio
    sets it only for sockets that it has made itself.
    """
    try:
        listening = socket.create_server((HOST, port))
    except OSError as problem:
        raise OSError(f"port {port} can't be had ({problem}): port 0 takes a free one") from None
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    return listening


def main(arguments: Sequence[str]) -> None:
    """The program. Ends with a sentence where there is no such folder or model, or no such port."""
    parser = argparse.ArgumentParser(prog="python -m scratch.serving.service")
    parser.add_argument("folder", type=Path, help="of files that Recommender.save has written")
    parser.add_argument("--model", required=True, metavar="NAME", help="the one to begin with")
    parser.add_argument("--port", type=int, default=8017, help="0: one that is free")
    parser.add_argument("--cells", type=int, metavar="N", help="search in cells, so many")
    parser.add_argument("--probed", type=int, default=1, metavar="N", help="cells looked into")
    parser.add_argument("--while-stdin", action="store_true", help="end when that is closed")
    given = parser.parse_args(arguments)
    own = os.environ.get(TOKEN)
    token = own or secrets.token_urlsafe(24)
    if not given.folder.is_dir():
        sys.exit(f"There is no folder {given.folder}.")
    if given.while_stdin and sys.stdin is None:
        sys.exit("There is no standard input that could be closed: leave --while-stdin out.")
    if sys.stdout is None and not own:
        sys.exit(f"There is no standard output that could tell the token: set {TOKEN}.")
    try:
        app = make_app(
            given.folder, given.model, token, num_cells=given.cells, num_probed=given.probed
        )
        listening = listen(given.port)
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        whose = f"that of {TOKEN}" if own else token
        print(f"{given.model} answers at {address}\nThe token is {whose}", flush=True)
    except (ValueError, OSError) as problem:
        sys.exit(f"The service can't begin: {problem}.")
    with contextlib.suppress(KeyboardInterrupt):  # the standard input may be closed already
        if given.while_stdin:
            end_with_whoever_started()
        serve(app, listening)


if __name__ == "__main__":
    main(sys.argv[1:])
