"""Copies at work, in an environment that has what the manifest asks for and nothing of ours."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor.place import put
from chatkit_sessions.emulator import Emulator, Fault
from support.copies import Run, as_installed, at_version, run_with, with_version
from support.environments import make_environment, site_packages

Play = Callable[..., Any]


@pytest.fixture
def tree(tmp_path: Path, rendered: dict[str, bytes]) -> Path:
    """A source tree with two copies: `one.chatkit_sessions`, and `two.chat` as if it were another version."""
    put(rendered, tmp_path / "one" / "chatkit_sessions")
    put({**rendered, "_version.py": with_version(rendered["_version.py"], "0.0.9")}, tmp_path / "two" / "chat")
    return tmp_path


@pytest.fixture
def play(tree: Path, run_in_host: Run, chatkit_emulator: Emulator) -> Play:
    """Run a script in the tree, its clients configured for an emulator, and return what it prints as JSON."""
    return partial(_play, run_in_host, tree, chatkit_emulator)


def _play(run: Run, folder: Path, emulator: Emulator, script: str) -> Any:
    done = run("-c", script, folder=folder, OPENAI_BASE_URL=emulator.base_url, OPENAI_API_KEY=emulator.api_key)
    return _printed(done)


def _printed(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_environment_has_the_three_requirements_and_not_us(play: Play) -> None:
    found = play("""
import json
from importlib.util import find_spec
names = ["httpx", "attrs", "dateutil", "chatkit_sessions", "generated_client", "typer", "jsonschema", "aiohttp", "trio"]
print(json.dumps([name for name in names if find_spec(name)]))
""")
    assert found == ["httpx", "attrs", "dateutil"]


def test_a_copy_creates_and_cancels(play: Play, chatkit_emulator: Emulator) -> None:
    status = play("""
import json
from one.chatkit_sessions import Sessions, __version__
with Sessions() as sessions:
    session = sessions.create(user="ann", workflow={"id": "wf_1", "state_variables": {"plan": "pro"}}, expires_after=60)
    assert session.client_secret not in repr(session)
    print(json.dumps([__version__, session.status, sessions.cancel(session).status]))
""")
    assert status == [__version__, "active", "cancelled"]
    assert [request.operation for request in chatkit_emulator.requests] == ["create", "cancel"]
    assert chatkit_emulator.requests[0].headers["user-agent"] == f"chatkit-sessions/{__version__}"


def test_a_copy_does_the_same_asynchronously_and_for_the_generated_functions(play: Play) -> None:
    statuses = play("""
import asyncio, json
from one.chatkit_sessions import AsyncSessions, ChatKitClient
from one.chatkit_sessions.generated_client.api.sessions import cancel_chat_session, create_chat_session
from one.chatkit_sessions.generated_client.models import ChatSessionWorkflowParam, SessionCreateParams

async def main():
    async with AsyncSessions() as sessions, sessions.open(user="ann", workflow="wf_1") as session:
        return session.status

body = SessionCreateParams(user="ann", workflow=ChatSessionWorkflowParam("wf_1"))
with ChatKitClient() as client:
    session = create_chat_session.sync(client=client, body=body)
    print(json.dumps([asyncio.run(main()), cancel_chat_session.sync(session.id, client=client).status]))
""")
    assert statuses == ["active", "cancelled"]


def test_a_copy_retries_as_the_server_asks(play: Play, chatkit_emulator: Emulator) -> None:
    chatkit_emulator.faults.add(Fault(status=503, retry_after_ms=1))
    chatkit_emulator.faults.add(Fault(status=503, retry_after="Fri, 31 Dec 1999 23:59:59 GMT"))
    status = play("""
import json, time
from one.chatkit_sessions import Sessions
time.sleep = lambda seconds: None
with Sessions() as sessions:
    print(json.dumps(sessions.create(user="ann", workflow="wf_1").status))
""")
    assert status == "active"
    assert [request.headers["x-stainless-retry-count"] for request in chatkit_emulator.requests] == ["0", "1", "2"]


def test_errors_of_a_copy_say_what_the_server_said(play: Play) -> None:
    caught = play("""
import copy, json, pickle
from one.chatkit_sessions import ChatKitError, NotFoundError, Sessions
with Sessions() as sessions:
    try:
        sessions.cancel("cksess_unknown")
    except NotFoundError as error:
        again = pickle.loads(pickle.dumps(copy.deepcopy(error)))
        print(json.dumps([type(again).__module__, again.status_code, isinstance(again, ChatKitError)]))
""")
    assert caught == ["one.chatkit_sessions", 404, True]


def test_the_extra_that_a_copy_lacks_is_refused_in_one_sentence(play: Play) -> None:
    sentence = play("""
import json
from one.chatkit_sessions import AsyncSessions, ConfigurationError
try:
    AsyncSessions(http_backend="aiohttp")
except ConfigurationError as error:
    print(json.dumps(str(error)))
""")
    assert sentence.startswith("http_backend: 'aiohttp' needs ")
    assert "\n" not in sentence


TWO = """
import json
from one import chatkit_sessions as one
from two import chat as two

def caught_by(module, error):
    try:
        raise error
    except module.ChatKitError:
        return True
    except Exception:
        return False

results = []
for mine, other in ((one, two), (two, one)):
    with mine.Sessions() as sessions:
        session = sessions.create(user="ann", workflow="wf_1")
        assert isinstance(session, mine.ChatSession) and not isinstance(session, other.ChatSession)
        assert mine.omit is not other.omit
        try:
            sessions.cancel("cksess_unknown")
        except mine.NotFoundError as error:
            results.append([mine.__version__, caught_by(mine, error), caught_by(other, error)])
        try:
            sessions.create(user="ann", workflow="wf_1", rate_limits=other.omit)
        except TypeError:
            pass
        else:
            raise AssertionError("the marker of another copy was taken for ours")
print(json.dumps(results))
"""


def test_two_copies_in_one_process_know_their_own_errors_sessions_and_markers(play: Play) -> None:
    assert play(TWO) == [[__version__, True, False], ["0.0.9", True, False]]


def test_a_copy_lives_beside_another_version_that_is_installed(
    tmp_path: Path, tree: Path, chatkit_emulator: Emulator
) -> None:
    environment = tmp_path / "environment"
    python = make_environment(environment, "httpx", "attrs", "python-dateutil")
    at_version(as_installed(site_packages(environment)), "0.0.8")
    script = TWO.replace("from two import chat as two", "import chatkit_sessions as two; import generated_client")
    assert _play(partial(run_with, python), tree, chatkit_emulator, script) == [
        [__version__, True, False],
        ["0.0.8", True, False],
    ]


def test_pypis_overrides_works_in_the_same_environment(play: Play) -> None:
    results = play("""
import json
from overrides import overrides
from one.chatkit_sessions import ChatKitError

class Base:
    def name(self) -> str:
        return "base"

class Derived(Base):
    @overrides
    def name(self) -> str:
        return "derived"

try:
    class Wrong(Base):
        @overrides
        def nam(self) -> str:
            return "wrong"
except TypeError:
    print(json.dumps([Derived().name(), issubclass(ChatKitError, Exception)]))
""")
    assert results == ["derived", True]


def test_importing_a_copy_reads_its_own_modules_and_does_nothing_else(play: Play) -> None:
    events = play("""
import importlib.util, json, sys
from importlib import import_module
from pathlib import Path

package = "one.chatkit_sessions"
folder = Path("one/chatkit_sessions").resolve()
files = sorted(folder.rglob("*.py"))
files.remove(folder / "_transport" / "httpx2.py")  # which loads httpx2, and is loaded with a client of it alone
names = [".".join(file.relative_to(Path.cwd()).with_suffix("").parts).removesuffix(".__init__") for file in files]

def load():
    for name in names:
        import_module(name)
    module = sys.modules[package]
    return [getattr(module, name) for name in module.__all__]

# Once to have everything else loaded that it needs, then anew to hear what it does itself.
load()
for name in [name for name in sys.modules if name.split(".")[0] == "one"]:
    del sys.modules[name]

noteworthy = ("open", "os.", "socket.", "subprocess.", "urllib.", "ctypes.", "shutil.", "tempfile.", "http.", "ssl.",
              "pathlib.", "glob.", "signal.", "_thread.", "sqlite3.", "syslog.", "mmap.", "fcntl.", "import")
events = []
listening = True
def hear(event, arguments):
    if listening and event.startswith(noteworthy):
        events.append((event, str(arguments[0]) if arguments else ""))
sys.addaudithook(hear)
load()
listening = False

own = {str(file) for file in files}
folders = {str(Path.cwd()), *(str(parent) for file in files for parent in file.parents)}
caches = {importlib.util.cache_from_source(file) for file in own}
expected = {("open", file) for file in own | caches} | {("os.listdir", folder) for folder in folders}
assert own <= {what for event, what in events if event == "open"}, "not every module was heard being loaded"
print(json.dumps([event for event in events if event[0] != "import" and event not in expected]))
""")
    assert events == []
