#!/usr/bin/env python
"""Run a management command of Backroom."""

import os
import sys

from config import env


def main() -> None:
    """Load the local environment file, if there is one, and hand over to Django."""
    env.load_files()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
