from datetime import timedelta

import pytest
from celery.exceptions import NotRegistered
from django.utils import timezone

from apps.core import outbox
from apps.core.models import OutboxMessage
from apps.core.outbox import enqueue
from apps.core.request_id import adopt_request_id

pytestmark = pytest.mark.django_db


def due():
    return [message[0] for message in outbox.due_messages(most=10)]


def test_a_mistyped_task_fails_where_it_was_written():
    with pytest.raises(NotRegistered):
        enqueue("core.tidi")


def test_a_message_remembers_the_request_that_caused_it():
    adopt_request_id("req_parcel")

    assert enqueue("core.tidy").request_id == "req_parcel"


def test_messages_wait_until_they_are_due():
    now = timezone.now()
    late = enqueue("core.tidy", due_at=now - timedelta(seconds=1))
    enqueue("core.tidy", due_at=now + timedelta(hours=1))

    assert due() == [late.pk]


def test_the_first_delivery_claims_and_copies_do_not():
    message = enqueue("core.tidy")

    assert outbox.claim_message(message.pk)
    assert not outbox.claim_message(message.pk)


def test_a_claim_that_was_never_settled_can_be_taken_over(settings):
    message = enqueue("core.tidy")
    outbox.claim_message(message.pk)
    expired = timezone.now() - timedelta(seconds=settings.OUTBOX_CLAIM_SECONDS + 1)
    OutboxMessage.objects.filter(pk=message.pk).update(claimed_at=expired)

    assert due() == [message.pk]
    assert outbox.claim_message(message.pk)


def test_a_settled_message_is_gone_and_its_copies_do_nothing():
    message = enqueue("core.tidy")
    outbox.claim_message(message.pk)
    outbox.settle_message(message.pk)

    assert not outbox.claim_message(message.pk)
    assert due() == []


def test_failures_back_off_and_are_set_aside_in_the_end(settings):
    message = enqueue("core.tidy")
    pauses = []
    for _ in range(settings.OUTBOX_MAX_FAILURES):
        outbox.fail_message(message.pk, "LookupError: nobody is at home")
        message.refresh_from_db()
        pauses.append(round((message.due_at - timezone.now()).total_seconds()))

    assert pauses == [5, 10, 20, 40, 80]
    assert message.failed_at
    assert message.error == "LookupError: nobody is at home"


def test_what_was_set_aside_is_neither_sent_nor_claimed():
    message = enqueue("core.tidy")
    outbox.set_aside(message.pk, "It can never work.")

    assert due() == []
    assert not outbox.claim_message(message.pk)


def test_what_was_set_aside_can_be_run_again():
    message = enqueue("core.tidy")
    other = enqueue("core.tidy")
    outbox.claim_message(other.pk)
    outbox.set_aside(message.pk, "The partner was away.")

    assert outbox.run_again(OutboxMessage.objects.all()) == 1

    assert due() == [message.pk]
    assert outbox.claim_message(message.pk)


def test_unclaimed_messages_are_sent_again_with_growing_pauses(settings):
    settings.OUTBOX_REPUBLISH_SECONDS = 20
    message = enqueue("core.tidy")
    OutboxMessage.objects.filter(pk=message.pk).update(
        published_at=timezone.now() - timedelta(seconds=30), publications=1
    )
    assert due() == [message.pk]

    OutboxMessage.objects.filter(pk=message.pk).update(publications=2)

    assert due() == []
