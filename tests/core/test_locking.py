import threading

import pytest
from django.db import connection, transaction

from apps.core.locking import alone, lock, wait_alone
from apps.core.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def meanwhile(act):
    """Start `act` in a transaction of its own; return the thread and where its answer will be."""
    answers = []

    def run():
        try:
            with transaction.atomic():
                answers.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def test_a_locked_row_makes_others_wait_and_then_see_the_change():
    row = OutboxMessage.objects.create(task="first")

    def read():
        mine = OutboxMessage.objects.get(pk=row.pk)
        lock(mine)
        return mine.task

    with transaction.atomic():
        lock(row)
        thread, answers = meanwhile(read)
        thread.join(timeout=0.2)
        assert thread.is_alive()
        OutboxMessage.objects.filter(pk=row.pk).update(task="second")
    thread.join(timeout=60)

    assert answers == ["second"]


def test_locking_shows_what_others_have_changed():
    row = OutboxMessage.objects.create(task="first")
    OutboxMessage.objects.filter(pk=row.pk).update(task="second")

    with transaction.atomic():
        lock(row)

    assert row.task == "second"


def test_only_one_is_alone_in_a_section():
    with transaction.atomic():
        assert alone("sweep")
        thread, answers = meanwhile(lambda: (alone("sweep"), alone("other")))
        thread.join(timeout=60)

    assert answers == [(False, True)]


def test_a_section_is_free_after_the_commit():
    with transaction.atomic():
        assert alone("sweep")

    thread, answers = meanwhile(lambda: alone("sweep"))
    thread.join(timeout=60)

    assert answers == [True]


def test_those_who_wait_for_a_section_get_it_in_the_end():
    with transaction.atomic():
        wait_alone("answer")
        thread, answers = meanwhile(lambda: wait_alone("answer"))
        thread.join(timeout=0.2)
        assert thread.is_alive()
    thread.join(timeout=60)

    assert answers == [None]
