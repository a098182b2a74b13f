class Meter:
    """Hears how far a backup or restore is, in bytes; this one keeps it to itself."""

    def begin(self, total: int) -> None:
        """Hear how much there is to do in all."""

    def step(self, what: str) -> None:
        """Hear what is being done from now on."""

    def advance(self, size: int) -> None:
        """Hear that so much more is done."""
