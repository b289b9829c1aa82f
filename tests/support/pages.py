"""The page that a browser shows in the tests."""

from importlib.resources import files
from typing import Final

from chatkit_sessions.emulator import Emulator

SCRIPT: Final = (files("chatkit_sessions.web") / "client_secret.js").read_bytes()
_PAGE: Final = """<!doctype html>
<title>A page with a chat</title>
<script src="{chatkit}"></script>
<openai-chatkit></openai-chatkit>
<script type="module">
  import {{ clientSecretFrom, endSessions }} from "/client_secret.js";
  window.asked = [];
  window.errors = [];
  window.signIns = 0;
  window.endSessions = endSessions;
  const chat = document.querySelector("openai-chatkit");
  chat.addEventListener("chatkit.error", ({{ detail }}) => errors.push(detail.error.message));
  const ask = clientSecretFrom("/chat/session", {{ signIn: () => {{ window.signIns++; }} }});
  chat.setOptions({{ api: {{ getClientSecret: async (current) => {{
    asked.push(current);
    return await ask(current);
  }} }} }});
  window.chat = chat;
</script>
"""


def page_of(emulator: Emulator) -> bytes:
    """Return a page with a chat, which talks to an emulator."""
    return _PAGE.format(chatkit=emulator.base_url.removesuffix("/v1") + "/chatkit.js").encode()
