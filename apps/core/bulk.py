"""Actions of the admin on many rows, which are looked at before they are done."""

from django.http import HttpRequest


def told(count: int, one: str, many: str) -> str:
    """Return `1 order` or `1,200 orders`."""
    return f"{count:,} {one if count == 1 else many}"


class Bulk:
    """What somebody has chosen in a list, carried from its preview to the doing."""

    def __init__(self, request: HttpRequest, count: int) -> None:
        self.count = count
        self.action = request.POST.get("action", "")
        self.is_all = request.POST.get("select_across") == "1"
        chosen = request.POST.getlist("_selected_action")
        # With "all that match" the filter of the address chooses; one stands for the rest.
        self.chosen = chosen[:1] if self.is_all else chosen
        self._was_asked = "confirmed" in request.POST
        self._expected = request.POST.get("expected", "")

    @property
    def has_moved(self) -> bool:
        """Return whether others match now than when the person looked."""
        return self._was_asked and self._expected != str(self.count)

    @property
    def is_confirmed(self) -> bool:
        """Return whether the person has seen how many there are, and said yes."""
        return self._was_asked and not self.has_moved
