"""The Celery application. Settings: `config/settings/background.py`."""

import os

from celery import Celery

from config import env

env.load_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("backroom", task_cls="apps.core.background:LedgeredTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
