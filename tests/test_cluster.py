"""A cluster of processes: started, one killed, ended with all that they started. No Spark here.

A little program stands in for Java: as a master it counts the workers that are alive, as a worker
it starts an executor, which holds a connection to the test for as long as it lives.
"""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from scratch.scale import cluster
from scratch.scale.cluster import (
    ClusterError,
    LocalCluster,
    asked,
    end_process,
    find_java,
    find_spark,
    kill_process,
    scala_of,
)

JAVA = """
import http.server, json, os, pathlib, signal, subprocess, sys, threading
words = " ".join(sys.argv)
if "-version" in words:
    sys.exit('openjdk version "17.0.1" 2021-10-19')
{before}
alive = pathlib.Path("alive")
alive.mkdir(exist_ok=True)
if "Master" in words:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            there = [pid for pid in os.listdir(alive) if lives(int(pid))]
            self.wfile.write(json.dumps({{"aliveworkers": len(there)}}).encode())
    def lives(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    print("Successfully started service 'sparkMaster' on port 7077.")
    print(f"Successfully started service 'MasterUI' on port {{server.server_port}}.", flush=True)
    server.serve_forever()
else:
    executor = "import socket, threading; s = socket.create_connection(('127.0.0.1', {port}));"
    subprocess.Popen([sys.executable, "-c", executor + "threading.Event().wait()"])
    (alive / str(os.getpid())).touch()
    threading.Event().wait()
"""


@pytest.fixture
def test_end():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@pytest.fixture
def spark_home(tmp_path):
    (tmp_path / "spark" / "jars").mkdir(parents=True)
    (tmp_path / "spark" / "jars" / "spark-core_2.13-4.3.0.jar").touch()
    return tmp_path / "spark"


def put_java(folder: Path, monkeypatch, text: str) -> Path:
    """A program called java, in the one folder that JAVA_HOME names."""
    if sys.platform == "win32":
        pytest.skip("a script can't stand in for java.exe")
    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(folder / "java"))
    return java


def is_over(connection: socket.socket) -> bool:
    """Whether who holds the other end is gone; waits for it."""
    connection.settimeout(30)
    return connection.recv(1) == b""


def test_a_cluster_starts_loses_a_worker_gets_another_and_ends(
    tmp_path, monkeypatch, spark_home, test_end
):
    port = test_end.getsockname()[1]
    put_java(tmp_path, monkeypatch, JAVA.format(before="", port=port))
    with LocalCluster(tmp_path / "work", spark_home=spark_home) as local:
        assert local.url == "spark://127.0.0.1:7077" and local.alive() == 2
        executors = [test_end.accept()[0] for _ in range(2)]
        local.kill_worker(1)
        assert local.alive() == 1
        assert local.start_worker() == 2 and local.alive() == 2
        executors.append(test_end.accept()[0])
        with pytest.raises(KeyError, match=r"no worker has the number 7: there are .*worker 2"):
            local.kill_worker(7)
    assert all(process.poll() is not None for process in local.processes.values())
    assert all(is_over(executor) for executor in executors)
    for executor in executors:
        executor.close()


def test_it_ends_when_what_uses_it_fails(tmp_path, monkeypatch, spark_home, test_end):
    put_java(tmp_path, monkeypatch, JAVA.format(before="", port=test_end.getsockname()[1]))
    with (
        pytest.raises(KeyboardInterrupt),
        LocalCluster(tmp_path / "work", workers=1, spark_home=spark_home) as local,
    ):
        executor, _ = test_end.accept()
        raise KeyboardInterrupt
    assert local.processes["master"].poll() is not None
    with executor:
        assert is_over(executor)


def test_whoever_does_not_want_to_end_is_killed(tmp_path, monkeypatch, spark_home, test_end):
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    put_java(tmp_path, monkeypatch, JAVA.format(before=deaf, port=test_end.getsockname()[1]))
    with LocalCluster(tmp_path / "work", workers=1, spark_home=spark_home) as local:
        executor, _ = test_end.accept()
        monkeypatch.setattr(cluster.end_process.__wrapped__, "__defaults__", (0.1,))
    assert local.processes["worker 0"].returncode == -9
    with executor:
        assert is_over(executor)


@pytest.mark.parametrize(
    ("before", "part", "how"),
    [
        ("print('no memory'); sys.exit(3)", "master", "ended with 3"),
        ("if 'Worker' in words: print('no memory'); sys.exit(4)", "worker 1", "ended with 4"),
        ("print('no memory', flush=True); threading.Event().wait()", "master", "more than 1 s"),
    ],
)
def test_what_does_not_start_is_named_with_the_end_of_its_log(
    tmp_path, monkeypatch, spark_home, before, part, how
):
    put_java(tmp_path, monkeypatch, JAVA.format(before=before, port=9))
    local = LocalCluster(tmp_path / "work", seconds=1, spark_home=spark_home)
    with pytest.raises(ClusterError) as caught, local:
        pass
    first, *rest = str(caught.value).splitlines()
    assert f"Spark's {part}" in first and how in first and rest[-1] == "no memory"
    assert str(tmp_path / "work" / f"{part.replace(' ', '-')}.log") in first
    assert all(process.poll() is not None for process in local.processes.values())


def test_all_parts_listen_to_this_machine_alone(tmp_path, monkeypatch, spark_home):
    told = "print(words, os.environ['SPARK_LOCAL_IP'], os.environ['SPARK_HOME']); sys.exit(1)"
    put_java(tmp_path, monkeypatch, JAVA.format(before=told, port=9))
    with pytest.raises(ClusterError), LocalCluster(tmp_path / "work", spark_home=spark_home):
        pass
    said = (tmp_path / "work" / "master.log").read_text(encoding="utf-8")
    assert "--host 127.0.0.1 --port 0 --webui-port 0" in said
    assert "-Dspark.master.rest.enabled=false" in said  # it would take a port that is not free
    assert said.split()[-2:] == ["127.0.0.1", str(spark_home)]


def test_a_cluster_has_a_worker_with_a_core(tmp_path):
    for wrong in ({"workers": 0}, {"cores": 0}, {"workers": 10**6}, {"seconds": 0}):
        (name,) = wrong
        with pytest.raises(ValueError, match=f"{name} must be"):
            LocalCluster(tmp_path, **wrong)
    for memory in ("", "2", "2 g", "g", "-2g", "0g", "2g -Dx=y"):
        with pytest.raises(ValueError, match="memory must be such as 2g or 512m, got"):
            LocalCluster(tmp_path, memory=memory)
    for wrong in ({"workers": 2.0}, {"cores": True}, {"memory": 2}, {"seconds": "60"}):
        (name,) = wrong
        with pytest.raises(TypeError, match=f"{name} must be"):
            LocalCluster(tmp_path, **wrong)


def test_a_page_that_gives_no_answer_is_named(test_end):
    port = test_end.getsockname()[1]
    for address in ("spark://here", "file:///etc/passwd", "http://", "http://a b", ""):
        with pytest.raises(ValueError, match="address must be such as http://127"):
            asked(address)
    with pytest.raises(
        ClusterError, match=rf"http://127.0.0.1:{port}/json/ gave no answer in 0.1 s"
    ):
        asked(f"http://127.0.0.1:{port}/json/", 0.1)

    def answer(words):
        connection, _ = test_end.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(words)

    for words in (b"no HTTP", b"HTTP/1.0 404 no\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n<html>"):
        test_end.accept()[0].close() if words == b"no HTTP" else None  # the one that was given up
        threading.Thread(target=answer, args=(words,), daemon=True).start()
        with pytest.raises(ClusterError, match="gave no answer in 10 seconds"):
            asked(f"http://127.0.0.1:{port}/")


# What it needs


def test_without_java_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"no Java in PATH. Spark needs Java 17 or newer"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    with pytest.raises(ClusterError, match=r"no Java in JAVA_HOME \(.*gone\)"):
        find_java()


@pytest.mark.parametrize(
    ("version", "number"), [("1.8.0_292", "8"), ("11.0.2", "11"), ("16", "16"), ("", "of an")]
)
def test_a_java_that_is_too_old_is_named(tmp_path, monkeypatch, version, number):
    text = f"import sys; sys.exit('openjdk version \"{version}\" 2021')"
    java = put_java(tmp_path, monkeypatch, text)
    with pytest.raises(ClusterError) as caught:
        find_java()
    assert f"{java} is Java {number}" in str(caught.value) and "adoptium" in str(caught.value)


@pytest.mark.parametrize("version", ["17.0.15", "21", "25.0.1"])
def test_a_java_that_is_new_enough_is_taken(tmp_path, monkeypatch, version):
    says = f'java version "{version}"'
    text = f"import sys; sys.exit({says!r} if sys.argv[1:] == ['-version'] else 5)"
    java = put_java(tmp_path, monkeypatch, text)
    assert find_java() == str(java)
    monkeypatch.setenv("PATH", str(java.parent) + os.pathsep + os.environ["PATH"])
    monkeypatch.delenv("JAVA_HOME")
    assert find_java() == str(java)


def test_without_spark_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ClusterError, match=r"python -m scratch\.course scale"):
        find_spark()


def test_the_version_of_scala_is_that_of_the_jars(spark_home, tmp_path):
    assert scala_of(spark_home) == "2.13"
    with pytest.raises(ClusterError, match="no whole Spark"):
        scala_of(tmp_path)


# What it does, without any process


class Part(subprocess.Popen):
    """Stands in for a process; what is done to it is kept."""

    _child_created = False  # there is none to wait for

    def __init__(self, *words, code=None, fails=None, **given):
        self.words, self.given, self.code, self.fails = words, given, code, fails
        self.pid, self.done = 4321, []

    def poll(self):
        return self.code

    def terminate(self):
        self.done.append("asked")

    def wait(self, seconds=None):
        self.done.append(seconds)
        if seconds is not None and self.fails is not None:
            raise self.fails


class Clock:
    """A time that passes only where somebody sleeps."""

    def __init__(self, monkeypatch):
        self.now, self.slept = 100.0, []
        monkeypatch.setattr(cluster, "time", self)

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.slept.append(seconds)


@pytest.fixture
def parts(monkeypatch):
    """The parts that a cluster starts, and in which order it ends them; no Java is needed."""
    seen = SimpleNamespace(started=[], ended=[], alive=0, asked=[], clock=Clock(monkeypatch))

    def start(words, **given):
        seen.started.append(Part(*words, **given))
        seen.alive += "--cores" in words
        given["stdout"].write(
            b"\xff Successfully started service 'sparkMaster' on port 70.\n"
            b"Successfully started service 'MasterUI' on port 80.\n"
        )
        return seen.started[-1]

    def asked(address):
        seen.asked.append(address)
        return {"aliveworkers": str(seen.alive)}

    def kill(part):
        seen.alive -= 1
        seen.ended.append(part)

    names = {name: getattr(subprocess, name) for name in ("DEVNULL", "STDOUT")}
    monkeypatch.setattr(cluster, "subprocess", SimpleNamespace(Popen=start, **names))
    monkeypatch.setattr(cluster, "find_java", lambda: "any-java")
    monkeypatch.setattr(cluster, "asked", asked)
    monkeypatch.setattr(cluster, "end_process", seen.ended.append)
    monkeypatch.setattr(cluster, "kill_process", kill)
    return seen


def test_what_is_started_where_and_with_which_words(parts, tmp_path, monkeypatch, spark_home):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTHER", "as it was")
    work = tmp_path / "deep" / "work"
    settings = {"cores": 3, "memory": "512m"}
    for number, given in enumerate(({}, settings)):
        with LocalCluster("deep/work", spark_home=spark_home, **given) as local:
            assert (local.url, local.ui) == ("spark://127.0.0.1:70", "http://127.0.0.1:80")
        master, *workers = parts.started[3 * number :]
        start = ["any-java", "-Xmx512m"]
        jars, there = str(spark_home / "jars" / "*"), ["--host", "127.0.0.1", "--port", "0"]
        assert list(master.words) == [
            *start, "-Dspark.master.rest.enabled=false", "-cp", jars,
            "org.apache.spark.deploy.master.Master", *there, "--webui-port", "0",
        ]  # fmt: skip
        assert [list(worker.words) for worker in workers] == [
            [*start, "-cp", jars, "org.apache.spark.deploy.worker.Worker", *there,
             "--webui-port", "0", "--cores", str(given.get("cores", 1)),
             "--memory", given.get("memory", "2g"),
             "--work-dir", str(work / f"worker-{one}"), "spark://127.0.0.1:70"]
            for one in (0, 1)
        ]  # fmt: skip
        parts.alive = 0
    for part, name in zip(parts.started, ("master", "worker-0", "worker-1") * 2, strict=True):
        given, variables = part.given, part.given["env"]
        assert given["cwd"] == work and Path(given["stdout"].name) == work / f"{name}.log"
        assert given["stdin"] == subprocess.DEVNULL and given["stderr"] == subprocess.STDOUT
        assert given["start_new_session"] is True and given["stdout"].closed
        assert variables["SPARK_HOME"] == str(spark_home) and variables["OTHER"] == "as it was"
        assert variables["SPARK_LOCAL_IP"] == "127.0.0.1"
        assert variables["SPARK_SCALA_VERSION"] == "2.13"
        assert variables["SPARK_LOCAL_DIRS"] == str(work / "spill")
    first = parts.started[:3]
    assert parts.ended[:3] == first[::-1] and set(parts.asked) == {"http://127.0.0.1:80/json/"}


def test_workers_come_and_go_by_their_numbers(parts, tmp_path, spark_home):
    with LocalCluster(tmp_path, workers=1, spark_home=spark_home) as local:
        assert local.start_worker() == 1 and local.alive() == 2
        local.kill_worker(0)
        assert parts.ended == [local.processes["worker 0"]] and local.alive() == 1
        with pytest.raises(KeyError, match=r"the number 2: there are \['master', 'worker 0', 'w"):
            local.kill_worker(2)


def test_the_master_has_to_notice(parts, tmp_path, spark_home):
    with LocalCluster(tmp_path, workers=1, spark_home=spark_home) as local:
        answers = iter([1, 1, 1, 2])  # before it is started, and three times afterwards
        local.alive = lambda: next(answers)
        assert local.start_worker() == 1
        answers = iter([2, 2, 2, 1])
        local.kill_worker(1)
    assert parts.clock.slept == [0.05] * 4


def test_whoever_takes_too_long_is_told_with_the_last_lines_of_the_log(parts, tmp_path, spark_home):
    local = LocalCluster(tmp_path, spark_home=spark_home)
    lines = [f"line {number} ü" for number in range(15)]
    (tmp_path / "worker-3.log").write_text("\n".join(lines), encoding="utf-8")
    local.processes["worker 3"] = Part()
    head = f"Spark's worker 3 took more than 60 s. The end of {tmp_path / 'worker-3.log'}:"
    with pytest.raises(ClusterError) as late:
        local._until(lambda: None, "worker 3")
    assert str(late.value).splitlines() == [head, *lines[-12:]]
    assert set(parts.clock.slept) == {0.05} and parts.clock.now == pytest.approx(160, abs=0.11)
    # What has ended is not waited for, unless the answer is there.
    local.processes["worker 3"] = Part(code=0)
    assert local._until(lambda: 7, "worker 3") == 7
    with pytest.raises(ClusterError, match=r"^Spark's worker 3 ended with 0\. The end"):
        local._until(lambda: None, "worker 3")


def test_how_much_may_be_asked_of_a_cluster(parts, tmp_path, spark_home):
    for name, most in (("workers", 100), ("cores", 1000), ("seconds", 86_400)):
        LocalCluster(tmp_path, spark_home=spark_home, **{name: most})
        with pytest.raises(ValueError, match=f"{name} must be .* at most {most}, got {most + 1}"):
            LocalCluster(tmp_path, spark_home=spark_home, **{name: most + 1})
    for memory in ("1k", "999999999t"):
        LocalCluster(tmp_path, spark_home=spark_home, memory=memory)
    with pytest.raises(ValueError, match="memory must be such as 2g"):
        LocalCluster(tmp_path, spark_home=spark_home, memory="1234567890g")


def test_the_spark_that_is_installed_is_taken(parts, tmp_path, monkeypatch):
    found = []

    def find_spec(name):
        found.append(name)
        return SimpleNamespace(origin=str(tmp_path / name / "__init__.py"))

    monkeypatch.setattr(cluster.importlib.util, "find_spec", find_spec)
    assert LocalCluster(tmp_path).spark_home == tmp_path / "pyspark" and found == ["pyspark"]
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda _: SimpleNamespace(origin=None))
    with pytest.raises(ClusterError, match="Apache Spark is not installed"):
        find_spark()


@pytest.mark.parametrize(
    ("part", "done", "error"),
    [
        (Part(), ["asked", 10.0], None),
        (Part(code=0), [], None),
        (Part(fails=subprocess.TimeoutExpired("java", 10)), ["asked", 10.0], None),
        (Part(fails=KeyboardInterrupt()), ["asked", 10.0], KeyboardInterrupt),
    ],
    ids=["ends", "has ended", "is deaf", "Ctrl+C again"],
)
def test_in_the_end_whoever_is_left_is_killed(part, done, error, monkeypatch):
    killed = []
    monkeypatch.setattr(cluster, "kill_process", killed.append)
    with contextlib.nullcontext() if error is None else pytest.raises(error):
        end_process(part)
    assert part.done == done and killed == [part]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")
def test_a_process_is_killed_with_its_group_and_waited_for(monkeypatch):
    killed = []

    def killpg(*given):
        killed.append(given)
        raise ProcessLookupError  # nobody is left

    monkeypatch.setattr(cluster.os, "killpg", killpg)
    kill_process(part := Part())
    assert killed == [(4321, signal.SIGKILL)] and part.done == [None]


def test_a_page_is_read_as_json_and_given_ten_seconds(monkeypatch):
    seen = []

    def opened(self, address, timeout):
        assert not any(isinstance(h, urllib.request.ProxyHandler) for h in self.handlers)
        seen.append((address, timeout))
        return io.BytesIO(b'{"aliveworkers": 2}')

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # which is not asked
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", opened)
    assert asked("http://here:1/") == asked("http://here:1/", 86_400) == {"aliveworkers": 2}
    assert seen == [("http://here:1/", 10), ("http://here:1/", 86_400)]
    with pytest.raises(ValueError, match=r"seconds must be above 0 and at most 86400"):
        asked("http://here:1/", 86_401)
