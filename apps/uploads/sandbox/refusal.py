class Refusal(Exception):
    """The file cannot be read; `code` and the sentence reach the user."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
