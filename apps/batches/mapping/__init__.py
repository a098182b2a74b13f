"""
How the cells of a sheet become the fields of a record.

`Mapping.parse` reads what the client sent and names everything wrong with it at once;
`bind` ties it to a sheet's header, once; `Plan.build` then turns one row into one record.
"""

from apps.batches.mapping.mapping import Mapping
from apps.batches.mapping.plan import Plan

__all__ = ["Mapping", "Plan"]
