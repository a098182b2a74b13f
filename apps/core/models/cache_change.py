from django.db import models


class CacheChange(models.Model):
    """A note that answers of this kind may be different now; the sum of its weights says which."""

    resource = models.TextField()
    weight = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["resource"],
                include=["weight"],
                condition=models.Q(resource="accounts"),
                name="cache_change_of_accounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.weight}"


class CacheLease(models.Model):
    """Until when versions have been lent to Redis; there is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.until}"
