"""
How rows leave the house and their answers come back.

`conduct` runs one slice: the ledger (this thread, PostgreSQL) opens attempts and books answers,
the courier (its own thread, asyncio) carries them; `verdict` says what an answer means.
"""
