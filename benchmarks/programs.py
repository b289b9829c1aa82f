"""What a user's process would run: the smallest program that gets a session, and a file for the type checker."""

from typing import Final

_OPENAI = """\
from openai import OpenAI

with OpenAI() as client:
    session = client.beta.chatkit.sessions.create(user="user_abc", workflow={"id": "wf_123"})
assert session.client_secret
"""

_OURS = """\
from chatkit_sessions import Sessions

with Sessions() as sessions:
    session = sessions.create(user="user_abc", workflow="wf_123")
assert session.client_secret
"""

_HTTPX = """\
import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "OpenAI-Beta": "chatkit_beta=v1"}
with httpx.Client(headers=headers) as client:
    url = f"{os.environ['OPENAI_BASE_URL']}/chatkit/sessions"
    session = client.post(url, json={"user": "user_abc", "workflow": {"id": "wf_123"}}).json()
assert session["client_secret"]
"""

FIRST_SESSION: Final = {"openai": _OPENAI, "ours": _OURS, "httpx": _HTTPX}
IMPORT: Final = {"openai": "import openai", "ours": "import chatkit_sessions", "httpx": "import httpx"}

TYPED: Final = {
    "openai": """\
from openai import OpenAI
from openai.types.beta.chatkit import ChatSession


def mint(client: OpenAI, user: str) -> ChatSession:
    return client.beta.chatkit.sessions.create(user=user, workflow={"id": "wf_123"})


session: ChatSession = mint(OpenAI(), "user_abc")
secret: str = session.client_secret
""",
    "ours": """\
from chatkit_sessions import ChatSession, Sessions



def mint(sessions: Sessions, user: str) -> ChatSession:
    return sessions.create(user=user, workflow={"id": "wf_123"})


session: ChatSession = mint(Sessions(), "user_abc")
secret: str = session.client_secret
""",
}
