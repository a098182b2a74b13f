"""
How rows leave the house and their answers come back.

`conduct` runs one slice: the ledger (PostgreSQL) opens attempts and books answers; the courier is
its line to the carrier, a process of its own (asyncio) that makes the calls and, by `verdict`, says
what an answer means.
"""
