import re
from itertools import pairwise

import pytest

from apps.orders.codes import code_of, next_code


def test_every_place_has_a_code_of_its_own():
    codes = [code_of(place) for place in range(5000)]

    assert len(set(codes)) == 5000
    assert all(re.fullmatch(r"ORD[1-9][0-9]{5}", code) for code in codes)


def test_neighbours_have_codes_that_are_far_from_each_other():
    numbers = [int(code_of(place)[3:]) for place in range(200)]
    steps = {after - before for before, after in pairwise(numbers)}

    assert len(steps) > 190


@pytest.mark.parametrize(("place", "digits"), [(899_999, 6), (900_000, 7), (9_900_000, 8)])
def test_codes_grow_when_all_shorter_ones_are_given(place, digits):
    assert len(code_of(place)) == len("ORD") + digits


def test_the_codes_depend_on_the_secret(settings):
    before = code_of(7)

    settings.SECRET_KEY = "another " * 8

    assert code_of(7) != before


@pytest.mark.django_db
def test_the_sequence_never_gives_a_place_twice():
    assert next_code() != next_code()
