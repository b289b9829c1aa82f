"""The URLs: the chat, the page, and Django's own login and logout."""

from importlib.resources import files

from chatkit_sessions import web
from chatkit_sessions.web.django import session_view
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import TemplateView

from .chat import endpoint

SCRIPT = (files(web) / "client_secret.js").read_text(encoding="utf-8")


def script(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(SCRIPT, content_type="text/javascript")


urlpatterns = [
    path("", TemplateView.as_view(template_name="page.html")),
    path("client_secret.js", script),
    path("chat/session", session_view(endpoint)),
    path("login/", LoginView.as_view(template_name="login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
