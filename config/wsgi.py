"""The WSGI application that granian (or gunicorn) serves."""

import os

from django.core.wsgi import get_wsgi_application

from config import env

env.load_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
