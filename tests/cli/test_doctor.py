"""`doctor`: what is configured, and what an answer, or none, tells."""

import socket
import ssl
from typing import Any

import httpx
import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.cli.reach import MADE_UP_ID, reach
from chatkit_sessions.cli.settings import Setting, settings, without_credentials
from chatkit_sessions.emulator import Emulator, Fault
from support.shell import Shell

KEY = "sk-terminal-0123456789"


@pytest.mark.parametrize(
    ("fault", "reason", "code"),
    [
        (None, "accepted", 0),
        (Fault(status=401), "authentication", 1),
        (Fault(status=403), "permission", 1),
        (Fault(status=404, html=True), "wrong_url", 1),
        (Fault(status=404, json={"detail": "Not Found"}), "wrong_url", 1),
        (Fault(status=404, json={"error": {"message": "Invalid URL (POST /chatkit)"}}), "wrong_url", 1),
        (Fault(status=429), "rate_limit", 1),
        (Fault(status=400, json={"error": {"message": "?", "code": "invalid_beta"}}), "status", 1),
        (Fault(status=302), "status", 1),
        (Fault(status=503, html=True), "status", 1),
        (Fault(json={"id": MADE_UP_ID}), "answer", 1),
        (Fault(html=True), "answer", 1),
        (Fault(drop=True), "connection", 1),
        (Fault(delay=30), "timeout", 1),
    ],
    ids=str,
)
def test_the_answer_to_a_made_up_id_tells_what_is_wrong(
    emulator: Emulator, shell: Shell, fault: Fault | None, reason: str, code: int
) -> None:
    if fault is not None:
        emulator.faults.add(fault)
    told = shell.run("doctor", "--json", "--timeout", "0.3" if fault and fault.delay else "60")
    if not emulator.requests:  # a busy machine does not send one in a moment
        told = shell.run("doctor", "--json", "--timeout", "5")
    document = told.json()
    assert document["check"]["reason"] == reason
    assert document["ok"] is document["check"]["ok"] is (code == 0)
    assert told.code == code
    (request,) = emulator.requests
    assert request.path == f"/v1/chatkit/sessions/{MADE_UP_ID}/cancel"
    if not (fault and (fault.drop or fault.delay)) and reason != "answer":
        assert document["check"]["status"] == request.status
        assert document["check"]["request_id"] == request.id


def test_a_base_url_without_its_path_is_found_out(emulator: Emulator, shell: Shell) -> None:
    told = shell.run("doctor", "--json", "--base-url", emulator.base_url.removesuffix("/v1")).json()
    assert told["check"]["reason"] == "wrong_url"


def _after(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (_after(socket.gaierror(-2, "Name or service not known")), "dns"),
        (_after(ConnectionRefusedError(111, "Connection refused")), "refused"),
        (_after(ssl.SSLCertVerificationError(1, "self-signed certificate")), "tls"),
        (httpx.ProxyError("403 Forbidden"), "proxy"),
        (httpx.ConnectTimeout("timed out"), "timeout"),
        (httpx.ReadError("reset"), "connection"),
    ],
    ids=repr,
)
def test_a_failed_connection_is_traced_to_its_cause(error: Exception, reason: str) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    with (
        httpx.Client(transport=httpx.MockTransport(fail)) as http_client,
        Sessions(api_key=KEY, http_client=http_client, max_retries=0) as sessions,
    ):
        assert reach(sessions).reason == reason


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OPENAI_API_KEY": " "}, "no API key: set OPENAI_API_KEY, or give --api-key-file"),
        ({"OPENAI_API_KEY": "sk-one sk-two"}, "white space"),
        ({"OPENAI_BASE_URL": "api.openai.com"}, "OPENAI_BASE_URL: expected an absolute http or https URL"),
        ({"OPENAI_BASE_URL": "https://me:hidden@api.openai.com"}, "OPENAI_BASE_URL: a user name or password"),
        (
            {"OPENAI_BASE_URL": "https://127.0.0.1:9/v1", "SSL_CERT_FILE": "/no/such/file"},
            "SSL_CERT_FILE: there is no file '/no/such/file'",
        ),
        ({"HTTP_PROXY": "foo://bar"}, "HTTP_PROXY: a proxy with foo:// cannot be used"),
        ({"OPENAI_PROJECT_ID": "my project"}, "OPENAI_PROJECT_ID: expected visible ASCII characters"),
    ],
)
def test_a_wrong_setting_is_named_and_shown_without_secrets(
    emulator: Emulator, shell: Shell, variables: dict[str, str], words: str
) -> None:
    told = shell.run("doctor", "--json", **variables)
    document = told.json()
    assert document["check"]["reason"] == "configuration"
    assert words in document["check"]["message"]
    assert told.code == 3
    assert "sk-one" not in told.stdout
    assert "me:hidden" not in told.stdout
    assert emulator.requests == []


def test_settings_say_where_they_come_from() -> None:
    environment = {
        "OPENAI_API_KEY": "sk-environment-0123456789",
        "OPENAI_BASE_URL": "https://eu.api.openai.com/v1",
        "OPENAI_ORG_ID": "org_environment",
        "OPENAI_PROJECT_ID": " ",
        "HTTPS_PROXY": "http://me:hidden@proxy:3128",
        "no_proxy": "localhost",
        "HOME": "/home/me",
    }
    options: Any = {"api_key": lambda: KEY, "organization": "org_argument"}
    assert settings(options, "key.txt", environment) == {
        "api_key": Setting("sk-…6789", "--api-key-file key.txt"),
        "base_url": Setting("https://eu.api.openai.com/v1", "OPENAI_BASE_URL"),
        "organization": Setting("org_argument", "--organization"),
        "project": Setting(None, "not set"),
        "HTTPS_PROXY": Setting("http://[hidden]@proxy:3128", "HTTPS_PROXY"),
        "no_proxy": Setting("localhost", "no_proxy"),
    }
    assert settings({}, None, {}) == {
        "api_key": Setting(None, "not set"),
        "base_url": Setting("https://api.openai.com/v1", "default"),
        "organization": Setting(None, "not set"),
        "project": Setting(None, "not set"),
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://me:pa@ss@host/v1", "https://[hidden]@host/v1"),
        ("me:pass@proxy:3128", "[hidden]@proxy:3128"),
        ("https://host/v1?key=1", "https://host/v1?[hidden]"),
        ("https://host/v1#key", "https://host/v1?[hidden]"),
        ("https://me:pa#ss?@host?key=1", "https://[hidden]@host?[hidden]"),
        ("localhost,127.0.0.1", "localhost,127.0.0.1"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_the_default_is_what_a_client_takes() -> None:
    with Sessions(api_key=KEY) as sessions:
        assert f"base_url='{settings({}, None, {})['base_url'].value}'" in repr(sessions)


def test_a_person_is_told_what_is_not_set_and_what_is_wrong(shell: Shell) -> None:
    told = shell.run("doctor", OPENAI_API_KEY="")
    assert "  api_key  " in told.stdout
    assert told.stdout.endswith(" s)\n  no API key: set OPENAI_API_KEY, or give --api-key-file\n")
    assert told.code == 3
