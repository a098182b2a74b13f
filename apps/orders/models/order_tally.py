from django.db import models


class OrderTally(models.Model):
    """
    How many orders there are, in slots: counting a million for each page would cost 60 ms.

    Each database session adds in a slot of its own, so that writers seldom wait for each other.
    """

    slot = models.SmallIntegerField(primary_key=True)
    orders = models.BigIntegerField()

    class Meta:
        db_table = "order_tallies"

    def __str__(self) -> str:
        return f"{self.orders} orders in slot {self.slot}"
