"""Backups: a folder with one instant of the database, the files in storage, and a manifest."""
