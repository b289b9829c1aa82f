"""What is Flask's alone: a blueprint may stand in another, under another name, or twice."""

import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web.flask import session_blueprint
from flask import Blueprint, Flask, Request

SECRET = "a secret of the tests, long enough"


def nobody(_: Request) -> None: ...


@pytest.mark.parametrize("path", ["/a/chat/session", "/b/session", "/other/session"])
def test_a_blueprint_takes_every_method_wherever_it_is_registered(path: str) -> None:
    endpoint = SessionEndpoint(Sessions(api_key="sk-0123456789"), workflow="wf_1", secret=SECRET)
    blueprint = session_blueprint(endpoint, user=nobody)
    outer, app = Blueprint("outer", __name__), Flask(__name__)
    outer.register_blueprint(blueprint, url_prefix="/chat")
    app.register_blueprint(outer, url_prefix="/a")
    app.register_blueprint(blueprint, url_prefix="/b")
    app.register_blueprint(blueprint, url_prefix="/other", name="other")
    app.add_url_rule("/other", view_func=lambda: "")
    client = app.test_client()

    assert client.open(path, method="PROPFIND").headers["allow"] == "POST, DELETE"
    assert client.post(path).status_code == 401
    assert "POST" not in client.open("/other", method="PROPFIND").headers["allow"], "other rules are left alone"
