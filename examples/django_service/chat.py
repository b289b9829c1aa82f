"""The endpoint, and its end at a sign-out, wherever that happens."""

import os

from chatkit_sessions import Sessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web.django import end_sessions
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

endpoint = SessionEndpoint(Sessions(), workflow=os.environ["CHATKIT_WORKFLOW_ID"], secret=os.environ["SERVICE_SECRET"])


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: object) -> None:
    """End what the browser of a user who signs out still has open."""
    if user is not None:
        end_sessions(endpoint, request, user=user.pk)
