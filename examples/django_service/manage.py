#!/usr/bin/env python
"""A service with Django whose users chat through ChatKit, by Django's own login.

export OPENAI_API_KEY=… CHATKIT_WORKFLOW_ID=wf_… SERVICE_SECRET=…
examples/django_service/manage.py migrate
examples/django_service/manage.py createsuperuser
gunicorn --chdir examples --threads 8 django_service.wsgi

Its cookies need https. Browsers make an exception of http://localhost; a test client asks with `secure=True`.
"""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_service.settings")
    execute_from_command_line(sys.argv)
