"""A service with Flask whose users chat through ChatKit: the login, the page and the way out.

OPENAI_API_KEY=… CHATKIT_WORKFLOW_ID=wf_… SERVICE_SECRET=… gunicorn --chdir examples --threads 8 flask_service.main:app

Its cookies need https. Browsers make an exception of http://localhost; a test client has to ask https://localhost.
"""

import os
from importlib.resources import files
from pathlib import Path

from chatkit_sessions import Sessions, web
from chatkit_sessions.web.flask import end_sessions, session_blueprint
from flask import Flask, Request, Response, request, send_file, session

SECRET = os.environ["SERVICE_SECRET"]
PAGE = Path(__file__).parents[1] / "page.html"
SCRIPT = (files(web) / "client_secret.js").read_text(encoding="utf-8")

endpoint = web.SessionEndpoint(Sessions(), workflow=os.environ["CHATKIT_WORKFLOW_ID"], secret=SECRET)


def current_user(_request: Request) -> str | None:
    """Return who is signed in. Flask-Login's `current_user.get_id()` does as well."""
    user: str | None = session.get("user")
    return user


app = Flask(__name__)
app.secret_key = SECRET
app.config |= {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_SAMESITE": "Lax"}
app.register_blueprint(session_blueprint(endpoint, user=current_user), url_prefix="/chat")


@app.get("/")
def page() -> Response:
    return send_file(PAGE)


@app.get("/client_secret.js")
def script() -> Response:
    return Response(SCRIPT, content_type="text/javascript")


@app.post("/login")
def login() -> Response:
    """Believe everybody's name. Here your service checks a password."""
    session["user"] = request.form["user"]
    return Response(status=303, headers={"Location": "/"})


@app.post("/logout")
def logout() -> Response:
    """Sign out, and end what the browser still has open."""
    response = Response(status=303, headers={"Location": "/"})
    end_sessions(endpoint, request, user=current_user(request), response=response)
    session.clear()
    return response
