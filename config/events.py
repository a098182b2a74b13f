"""The ASGI application of the live events; everything else is answered by config.wsgi."""

import os

import django

from config import env

env.load_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.jobs.api.live import LiveApplication  # noqa: E402 - only now, it needs Django's models

application = LiveApplication()
