from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from apps.catalog.models import Design, Item
from apps.catalog.pictures.keeping import discard
from apps.catalog.signals import item_changed
from apps.core.errors import DomainError
from apps.core.locking import lock


class DesignInUse(DomainError):
    """This design is part of an order and cannot be deleted"""

    code = "design_in_use"


@transaction.atomic
def delete_design(*, design: Design) -> None:
    """
    Remove a design and its picture.

    :raises DesignInUse: if an order names it
    """
    lock(design.item)
    try:
        Design.objects.filter(pk=design.pk).delete()
    except (ProtectedError, RestrictedError):
        raise DesignInUse from None
    discard(design.image_path)
    item_changed.send(Item, item_id=design.item_id)
