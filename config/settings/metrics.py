"""Where the figures of all processes add up; prometheus_client looks when it is imported."""

import os
from pathlib import Path

from config import env

METRICS_TOKEN = env.optional("METRICS_TOKEN")
METRICS_DIR = Path(env.text("PROMETHEUS_MULTIPROC_DIR", default=str(env.VAR_DIR / "metrics")))
METRICS_DIR.mkdir(parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
