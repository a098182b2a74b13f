"""
The web server: granian with as many workers as the Procfile says, and reloads that lose nothing.

`SIGHUP` replaces the workers one by one. granian gives a new worker a fixed time to come up; on a
busy machine that is too short, and nobody would be listening. Ours ends an old worker only when
the new one serves; if the new code does not start, the old goes on.

Workers are forked from here, so nothing of the product is imported: it would stay what it was.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

PATIENCE = 60.0  # seconds; a worker that is not there by then has failed
TO_LISTEN = 0.5  # seconds between having the application and taking connections, generously


class PatientServer(MPServer):
    """granian, but for the order in which workers come and go."""

    def _respawn_workers(
        self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        for index in workers:
            self.respawned_wrks[index] = time.monotonic()
            old, is_loaded = self.wrks[index], multiprocessing.Event()
            loader = partial(_load_and_tell, target_loader, is_loaded)
            new = self._spawn_worker(idx=index, target=spawn_target, callback_loader=loader)
            # Code that does not start must not end the server while the old code still serves.
            new.interrupt_by_parent = old.is_alive()
            new.start()
            if old.is_alive() and not _comes_up(new, is_loaded):
                new.kill()
                continue
            new.interrupt_by_parent = False
            self.wrks[index] = new
            self._end(old)

    def _end(self, worker: Any) -> None:
        """Let the worker answer what it has begun; one that does not end is killed."""
        worker.terminate()
        worker.join(self.workers_kill_timeout)
        if worker.is_alive():
            worker.kill()
            worker.join()


def _load_and_tell(load: Callable[[], Any], is_loaded: Any) -> Any:
    application = load()
    is_loaded.set()
    return application


def _comes_up(worker: Any, is_loaded: Any) -> bool:
    """Wait until the worker takes connections; return whether it ever will."""
    give_up_at = time.monotonic() + PATIENCE
    while not is_loaded.wait(0.05):
        if not worker.is_alive() or time.monotonic() > give_up_at:
            return False
    time.sleep(TO_LISTEN)
    return bool(worker.is_alive())


def main() -> None:
    """Serve until told to stop."""
    PatientServer(
        "config.wsgi:application",
        interface=Interfaces.WSGI,
        address=os.environ.get("BIND", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        workers=int(os.environ.get("WEB_WORKERS", "2")),
        blocking_threads=4,
        respawn_failed_workers=True,
        workers_kill_timeout=25,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
