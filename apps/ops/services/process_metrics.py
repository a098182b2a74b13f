"""
What the processes of this machine have counted, whichever of them is asked.

prometheus_client gives each process a file. Those of ended processes keep counting in the sum, but
would pile up with every restart: they are added up into one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

# The library's own types end here.
merge: Any = MultiProcessCollector.merge
Values: Any = MmapedDict

ENDED = "ended"
ADDABLE = ("counter", "histogram", "summary")


def process_metrics(directory: Path) -> list[Metric]:
    """Return the sums over all processes, ended ones included."""
    with _alone(directory):
        for kind in ADDABLE:
            _fold_ended(directory, kind)
        for gauge in _of_ended(directory, "gauge"):
            gauge.unlink()
        files = [str(path) for path in directory.glob("*.db")]
        return list(merge(files))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep two scrapes from folding at once; the lock ends with its holder."""
    with (directory / "fold.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fold_ended(directory: Path, kind: str) -> None:
    ended = _of_ended(directory, kind)
    if not ended:
        return
    sums, half = directory / f"{kind}_{ENDED}.db", directory / f"{kind}_{ENDED}.new"
    half.unlink(missing_ok=True)
    known = [sums] if sums.exists() else []
    merged = merge([str(path) for path in (*known, *ended)], accumulate=False)
    file = Values(str(half))
    for metric in merged:
        for sample in metric.samples:
            names, values = list(sample.labels), list(sample.labels.values())
            key = mmap_key(metric.name, sample.name, names, values, metric.documentation)
            file.write_value(key, sample.value, 0.0)
    file.close()
    half.replace(sums)
    for path in ended:
        path.unlink()


def _of_ended(directory: Path, kind: str) -> list[Path]:
    return [path for path in directory.glob(f"{kind}_*.db") if _has_ended(path)]


def _has_ended(path: Path) -> bool:
    pid = path.stem.rpartition("_")[2]
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
