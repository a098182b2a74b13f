import pytest
from django.core.files.storage import default_storage

from apps.catalog.models import Design, Item
from demo.catalogue import load_catalogue

pytestmark = pytest.mark.django_db


def test_the_shop_is_filled_once_and_what_staff_change_stays():
    load_catalogue()
    Item.objects.filter(name="Indigo shirt").update(price=1)
    load_catalogue()

    assert Item.objects.count() == 60
    assert Item.objects.deleted().count() == 3
    assert Design.objects.filter(is_primary=True).count() == 12
    assert Item.objects.get(name="Indigo shirt").price == 1
    paths = Item.objects.values_list("image_path", flat=True)
    assert all(path and default_storage.exists(path) for path in paths)
    assert len({item.created_at.date() for item in Item.objects.all()}) > 30
