"""
Exports: rows out of the database as files, in constant memory.

A source is a relation of PostgreSQL with columns; what is no table becomes a temporary one. Then
COPY writes the texts, and what is left to do here is done to thousands of rows at a time.
"""
