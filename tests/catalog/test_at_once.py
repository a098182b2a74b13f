"""Several people at the same item in the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from apps.catalog.models import Item
from apps.catalog.pictures.picture import picture_of_bytes
from apps.catalog.services.add_design import add_design
from apps.catalog.services.arrange_design import arrange_design
from apps.catalog.services.change_item import change_item
from apps.catalog.services.create_item import create_item
from tests.catalog.world import do_background_work, drawn
from tests.factories.catalog import DesignFactory, ItemFactory

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 6


def all_at_once(act: Callable[[int], object]) -> None:
    def alone(number: int) -> None:
        try:
            act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as people:
        list(people.map(alone, range(PEOPLE)))


def test_only_one_design_is_primary_whoever_was_last():
    item, picture = ItemFactory(), picture_of_bytes(drawn())

    all_at_once(
        lambda number: add_design(
            item=Item.objects.get(pk=item.pk), name=f"{number}", picture=picture, is_primary=True
        )
    )

    assert item.designs.count() == PEOPLE
    assert item.designs.filter(is_primary=True).count() == 1


def test_designs_can_fight_for_the_first_place_without_a_crash():
    item = ItemFactory()
    designs = DesignFactory.create_batch(PEOPLE, item=item)

    all_at_once(lambda number: arrange_design(design=designs[number], is_primary=True))

    assert item.designs.filter(is_primary=True).count() == 1


def test_no_picture_is_left_behind_when_many_replace_it():
    item = create_item(name="Shirt", price=1, picture=picture_of_bytes(drawn()))
    pictures = [picture_of_bytes(drawn(size=(number + 1, 9))) for number in range(PEOPLE)]
    shown = {item.image_path}

    def replace(number: int) -> None:
        mine = Item.objects.get(pk=item.pk)
        change_item(item=mine, changes={"color": f"{number}"}, picture=pictures[number])
        shown.add(mine.image_path)

    all_at_once(replace)
    do_background_work()

    item.refresh_from_db()
    assert len(shown) == PEOPLE + 1
    assert [path for path in shown if default_storage.exists(path)] == [item.image_path]
