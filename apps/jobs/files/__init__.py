"""Files of rows: CSV, XLSX, JSON and NDJSON, a run of rows at a time, put together in order."""
