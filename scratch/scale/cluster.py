"""A cluster of Apache Spark on this machine alone: one master, some workers, all on 127.0.0.1.

It is the same standalone cluster that people run on many machines, only that here all of them are
processes of one. Apache Spark, Spark standalone mode, spark.apache.org/docs/latest. Used in
notebook 16.
"""

import contextlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from scratch.checking import Size, Within, checked

HOST = "127.0.0.1"
OLDEST_JAVA = 17
POLL_SECONDS = 0.05
TAIL_LINES = 12
GET_JAVA = (
    f"Spark needs Java {OLDEST_JAVA} or newer: install one (adoptium.net has it for every system), "
    "then have `java` in PATH, or JAVA_HOME name its folder."
)
MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"
MOST_WORKERS, MOST_CORES, MOST_SECONDS = 100, 1000, 86_400
T = TypeVar("T")

Workers = Annotated[int, Within(1, MOST_WORKERS)]
Cores = Annotated[int, Within(1, MOST_CORES)]
Seconds = Annotated[float, Within(0, MOST_SECONDS, low_is_open=True)]


class ClusterError(RuntimeError):
    """The cluster cannot start or go on: what is missing or has failed, and what to do."""


class LocalCluster:
    """One master and some workers, each a process of its own; ended when the `with` block is left.

        with LocalCluster(Path("work")) as cluster:
            ...  # cluster.url is the address that a Spark session connects to

    folder: for logs and for what the workers write; made if need be, and kept. workers: how many at
    the beginning, with so many cores and so much memory each ("2g"). seconds: how long a part may
    take to start. spark_home: the folder of Spark, by default that of the package pyspark. Raises
    TypeError or ValueError for what could be none of these; ClusterError, with the end of the log,
    when no cluster comes to be.
    """

    @checked
    def __init__(
        self,
        folder: Path | str,
        *,
        workers: Workers = 2,
        cores: Cores = 1,
        memory: str = "2g",
        seconds: Seconds = 60.0,
        spark_home: Path | None = None,
    ):
        if not re.fullmatch("[1-9][0-9]{0,8}[kmgt]", memory):
            raise ValueError(f"memory must be such as 2g or 512m, got {memory!r}")
        self.folder, self.seconds = Path(folder).absolute(), seconds
        self.cores, self.memory, self.num_workers = cores, memory, workers
        self.spark_home = find_spark() if spark_home is None else spark_home
        self.java = find_java()
        self.url = self.ui = ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}  # "master", "worker 0", …

    def __enter__(self) -> "LocalCluster":
        """Start all parts; returns when the master says that every worker is alive."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            log = self._start("master", MASTER, "-Dspark.master.rest.enabled=false")
            self.url = f"spark://{HOST}:{self._port(log, 'master', 'sparkMaster')}"
            self.ui = f"http://{HOST}:{self._port(log, 'master', 'MasterUI')}"
            for _ in range(self.num_workers):
                self._begin_worker()
            self._until(lambda: self.alive() == self.num_workers, self._newest())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End every process, also those that the workers have started."""
        for name in reversed(self.processes):  # workers first: else they look for their master
            end_process(self.processes[name])

    def start_worker(self) -> int:
        """Start one more; returns its number, for `kill_worker`, when the master knows it."""
        wanted = self.alive() + 1
        number = self._begin_worker()
        self._until(lambda: self.alive() >= wanted, f"worker {number}")
        return number

    @checked
    def kill_worker(self, number: Size) -> None:
        """Kill a worker and its executor, at once and without a word, as when a machine dies.

        Returns when the master has noticed. Raises KeyError for a number that no worker has.
        """
        if f"worker {number}" not in self.processes:
            raise KeyError(f"no worker has the number {number}: there are {list(self.processes)}")
        alive = self.alive()
        kill_process(self.processes[f"worker {number}"])
        self._until(lambda: self.alive() < alive, "master")

    def alive(self) -> int:
        """How many workers the master believes to be alive."""
        return int(asked(f"{self.ui}/json/")["aliveworkers"])

    def _begin_worker(self) -> int:
        number = len(self.processes) - 1  # one of them is the master
        work = ["--work-dir", str(self.folder / f"worker-{number}")]
        size = ["--cores", str(self.cores), "--memory", self.memory]
        self._start(f"worker {number}", WORKER, options=[*size, *work, self.url])
        return number

    def _start(self, name: str, main: str, *flags: str, options: list[str] | None = None) -> Path:
        """Start one part; returns its log."""
        log = self._log(name)
        there = ["--host", HOST, "--port", "0", "--webui-port", "0"]  # 0: any port that is free
        words = [self.java, "-Xmx512m", *flags, "-cp", str(self.spark_home / "jars" / "*"), main]
        variables = os.environ | {
            "SPARK_HOME": str(self.spark_home),
            "SPARK_LOCAL_IP": HOST,  # else the web pages of all parts listen to the whole network
            "SPARK_SCALA_VERSION": scala_of(self.spark_home),  # else no executor finds its jars
            "SPARK_LOCAL_DIRS": str(self.folder / "spill"),
        }
        with log.open("wb") as file:
            self.processes[name] = subprocess.Popen(
                [*words, *there, *(options or [])], cwd=self.folder, env=variables,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                # A session of its own: Ctrl+C is for us alone, who then end it and its children.
                start_new_session=True,
            )  # fmt: skip
        return log

    def _port(self, log: Path, name: str, service: str) -> int:
        """The port that a part has taken, as its log says."""
        pattern = re.compile(rf"started service '{service}' on port (\d+)")

        def find() -> int | None:
            found = pattern.search(log.read_text(encoding="utf-8", errors="replace"))
            return int(found[1]) if found else None

        return self._until(find, name)

    def _until(self, done: Callable[[], T | None], name: str) -> T:
        """Wait for the first answer that is true; raises ClusterError if it takes too long."""
        last = time.monotonic() + self.seconds
        while True:
            if answer := done():
                return answer
            code = self.processes[name].poll()
            if code is not None or time.monotonic() > last:
                how = f"took more than {self.seconds:g} s" if code is None else f"ended with {code}"
                log = self._log(name)
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
                raise ClusterError("\n".join([f"Spark's {name} {how}. The end of {log}:", *lines]))
            time.sleep(POLL_SECONDS)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    def _newest(self) -> str:
        return next(reversed(self.processes))


@checked
def asked(address: str, seconds: Seconds = 10.0) -> Any:
    """What a page of Spark answers in JSON.

    Raises ValueError for another address than one of HTTP, ClusterError when no such answer comes.
    """
    if not re.fullmatch("http://[!-~]+", address):
        raise ValueError(f"address must be such as http://127.0.0.1:8080/json/, got {address!r}")
    try:
        # Directly: a proxy that the environment names knows nothing of this machine's pages.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(address, timeout=seconds) as reply:
            return json.load(reply)
    except (OSError, ValueError, http.client.HTTPException) as problem:
        raise ClusterError(
            f"the address {address} gave no answer in {seconds:g} seconds: {problem}"
        ) from problem


def find_spark() -> Path:
    """The folder of the package pyspark; raises ClusterError where it is not installed."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise ClusterError(
            "Apache Spark is not installed: `python -m scratch.course scale` does that, beside the "
            "course, and runs what needs it."
        )
    return Path(found.origin).parent


@checked
def scala_of(spark_home: Path) -> str:
    """The version of Scala that a Spark was built for; raises ClusterError where no Spark is."""
    for jar in (spark_home / "jars").glob("spark-core_*.jar"):
        return jar.name.split("_")[1].split("-")[0]
    raise ClusterError(f"{spark_home} has no jars/spark-core_*.jar: it is no whole Spark")


def find_java() -> str:
    """A Java that is new enough, of JAVA_HOME or else of PATH; raises ClusterError without one."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if java is None:
        where = f"JAVA_HOME ({home})" if home else "PATH"
        raise ClusterError(f"There is no Java in {where}. {GET_JAVA}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)  # Java 8 called itself 1.8
    if found is None or int(found[1]) < OLDEST_JAVA:
        version = found[1] if found else "of an unknown version"
        raise ClusterError(f"{java} is Java {version}. {GET_JAVA}")
    return java


@checked
def end_process(process: subprocess.Popen[bytes], seconds: Seconds = 10.0) -> None:
    """Ask a process to end; what is left of it and of its children after a while is killed."""
    try:
        if process.poll() is None:
            process.terminate()
            process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:  # also when somebody presses Ctrl+C again
        kill_process(process)


@checked
def kill_process(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all its children, at once."""
    if sys.platform == "win32":
        words = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(words, capture_output=True)
    else:
        with contextlib.suppress(ProcessLookupError):  # nobody is left
            os.killpg(process.pid, signal.SIGKILL)  # it leads a group: see start_new_session
    process.wait()
