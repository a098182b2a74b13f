import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.relay import Relay


class Command(BaseCommand):
    help = "Publish outbox rows to the broker until stopped. Any number of relays may run."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        Relay().run(stop)
