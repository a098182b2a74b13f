import resource
import sys

from apps.uploads.sandbox.delimited import read_delimited
from apps.uploads.sandbox.frames import send
from apps.uploads.sandbox.json_records import read_json
from apps.uploads.sandbox.refusal import Refusal
from apps.uploads.sandbox.task import Task

GIBIBYTE = 1024**3
LIMITS = {
    resource.RLIMIT_AS: GIBIBYTE,
    resource.RLIMIT_CPU: 60,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
}


def main() -> None:
    """Read what the argument says; whatever goes wrong is said in one last message."""
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))
    task = Task.parse(sys.argv[1])
    try:
        _read(task)
    except Refusal as refusal:
        send({"error": {"code": refusal.code, "message": refusal.message}})
    except MemoryError:
        message = "The file needs more memory to be read than we allow."
        send({"error": {"code": "too_much_memory", "message": message}})


def _read(task: Task) -> None:
    if task.kind == "xlsx":
        from apps.uploads.sandbox.workbook import read_workbook

        read_workbook(task)
    elif task.kind == "delimited":
        read_delimited(task)
    else:
        read_json(task)


main()
