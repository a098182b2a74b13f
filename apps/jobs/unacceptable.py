class Unacceptable(Exception):
    """Something in a schema that cannot be; `field` is where, seen from the field's own object."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field, self.code, self.message = field, code, message
