"""The WSGI application that granian (or gunicorn) serves: the cache, and behind it Django."""

import os

from django.core.wsgi import get_wsgi_application

from config import env

env.load_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()

# Only now, because they need Django's models.
from django.conf import settings  # noqa: E402

from apps.accounts.readers import identify_reader  # noqa: E402
from apps.core.cache.front import CacheFront  # noqa: E402
from apps.core.interpreter import tune_interpreter  # noqa: E402

application = CacheFront(django, redis_url=settings.REDIS_URL, identify=identify_reader)
tune_interpreter()
