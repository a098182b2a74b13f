from django.core.files.storage import default_storage

from apps.catalog.models import Design, Item
from apps.catalog.pictures.thumbnail import thumbnail_path


def is_shown(path: str) -> bool:
    """Return whether an item or a design still has this picture."""
    items, designs = Item.objects.filter(image_path=path), Design.objects.filter(image_path=path)
    return items.exists() or designs.exists()


def remove_picture(*, path: str) -> None:
    """Remove a picture that nothing shows any more, and its small version; twice is once."""
    if is_shown(path):
        return
    default_storage.delete(thumbnail_path(path))
    default_storage.delete(path)
