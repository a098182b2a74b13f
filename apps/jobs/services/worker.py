import multiprocessing
import os
import socket

from django.conf import settings

# Set in the worker's main process when it is asked to leave; its forked children see it, too.
LEAVING = multiprocessing.Event()


def worker_id() -> str:
    """Return the name of this process: what WORKER_ID says, or host and pid."""
    return settings.WORKER_ID or f"{socket.gethostname()}:{os.getpid()}"
