"""Write the results of `make bench` into the README: `python -m docs.figures`."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "bench" / "results"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->"
HEAD = "| What | Backroom | Beside it | Ratio | Goal |\n|---|---|---|---|---|\n"
MEANINGS = {
    "intake": "Workbook of 50,000 rows and 10 columns, from received to checked",
    "batch_20ms_50": "Batch of 2,000 rows, partner of 20 ms, 50 calls at once",
    "batch_20ms_200": "Batch of 2,000 rows, partner of 20 ms, 200 calls at once",
    "batch_0ms_50": "Batch of 2,000 rows, partner of 0 ms, 50 calls at once",
    "batch_0ms_200": "Batch of 2,000 rows, partner of 0 ms, 200 calls at once",
    "submission": "POST /api/jobs with 20 records, at 50 a second, with workers busy",
    "cached_get": "GET of a page of items, cached, with a verified token",
    "cached_not_modified": "The same with If-None-Match: 304",
    "items_page": "Page of items, not cached",
    "orders_page": "Page of orders, not cached",
    "orders_post": "Placing an order of three lines, with an Idempotency-Key",
    "analytics": "Sales report over 200,000 orders, not cached",
    "million_orders": "Pages of 1,000,000 orders, not cached",
    "mixed_load": "90 % cached reads, 9 % others, 1 % writes",
    "reload": "Requests that failed while the code was reloaded five times",
    "generate": "1,000,000 generated rows of 8 fields, to CSV",
    "small_beside_large": "Slowest job of 100 rows while 1,000,000 rows are being made",
    "stop_large": "Slowest end of a cancelled job of 1,000,000 rows, its files gone",
    "data_posts": "POSTs of data jobs and /status, at 50 a second",
    "generate_two_workers": "1,000,000 generated rows by two workers",
    "generate_memory": "Most memory of a worker that generates 1,000,000 rows",
    "export_csv": "1,000,000 orders with 20 columns, to CSV",
    "export_xlsx": "1,000,000 orders with 20 columns, to XLSX",
    "export_memory": "Most memory of a worker that exports 1,000,000 orders",
}


def write_figures() -> None:
    """Replace what stands between the marks of the README."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    README.write_text(before + BEGIN + _section(_results()) + END + after, encoding="utf-8")


def _results() -> list[dict[str, Any]]:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    known = [name for name in MEANINGS if name in found]
    others = [name for name in found if name not in MEANINGS]
    return [found[name] for name in known + others]


def _section(results: list[dict[str, Any]]) -> str:
    if not results:
        return "\nNothing has been measured yet.\n\n"
    machines = "; ".join(sorted({result["machine"] for result in results}))
    lines = "".join(_line(result) for result in results)
    return f"\n{HEAD}{lines}\nMeasured on: {machines}.\n\n"


def _line(result: dict[str, Any]) -> str:
    unit = result["unit"]
    ours = f"{_number(result['value'])} {unit}"
    if "peak_mib" in result:
        ours += f", {_number(result['peak_mib'])} MiB at most"
    peer = f"{result['peer']}: {_number(result['peer_value'])} {unit}"
    meaning = MEANINGS.get(result["bench"], result["bench"])
    return f"| {meaning} | {ours} | {peer} | {result['ratio']:.2f} | {result['goal']:.2f} |\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    write_figures()
