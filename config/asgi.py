"""The ASGI application, for servers that ask for one; the API is faster under WSGI."""

import os

from django.core.asgi import get_asgi_application

from config import env

env.load_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
