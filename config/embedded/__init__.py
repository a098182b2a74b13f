"""PostgreSQL and Valkey from wheels, for machines that have no servers of their own."""

from config.embedded.postgres import Postgres
from config.embedded.processes import ServerDidNotStart
from config.embedded.valkey import Valkey

__all__ = ["Postgres", "ServerDidNotStart", "Valkey"]
