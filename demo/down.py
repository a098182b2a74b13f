"""Stop everything that `make up` started, even if its supervisor was killed: `make down`."""

from rich.console import Console

from config.env import VAR_DIR
from demo import stack


def main() -> None:
    console = Console()
    if not VAR_DIR.is_dir():
        console.print("Nothing was ever started here.")
        return
    was_running = stack.is_running()
    left = stack.stop()
    console.print("Stopped." if was_running or left else "Nothing was running.")


if __name__ == "__main__":
    main()
