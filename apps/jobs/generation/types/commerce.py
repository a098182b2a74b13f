"""Goods, money and payment; no account and no card is anybody's."""

from collections.abc import Sequence

from apps.jobs.generation.columns import Column, Indexed, Values, formatted, pool
from apps.jobs.generation.field_type import Param, Spec, field_type
from apps.jobs.generation.masks import masked
from apps.jobs.generation.types.numbers import decimals
from apps.jobs.generation.words import international

GROUP = "commerce"
MANNERS = ("Classic", "Compact", "Ergonomic", "Everyday", "Fine", "Folding", "Handmade",
           "Light", "Modern", "Organic", "Portable", "Quiet", "Refined", "Robust", "Rustic",
           "Sleek", "Slim", "Smart", "Soft", "Sturdy", "Travel", "Vintage", "Warm",
           "Waterproof")  # fmt: skip
MATERIALS = ("Aluminium", "Bamboo", "Brass", "Ceramic", "Copper", "Cork", "Cotton", "Felt",
             "Glass", "Granite", "Leather", "Linen", "Marble", "Oak", "Paper", "Porcelain",
             "Silk", "Steel", "Walnut", "Wool")  # fmt: skip
GOODS = ("Backpack", "Basket", "Blanket", "Bottle", "Bowl", "Box", "Chair", "Clock", "Cup",
         "Cushion", "Desk", "Frame", "Gloves", "Hat", "Jug", "Kettle", "Knife", "Lamp", "Mirror",
         "Mug", "Notebook", "Pan", "Plate", "Rug", "Scarf", "Shelf", "Stool", "Table", "Tray",
         "Umbrella", "Vase", "Wallet")  # fmt: skip
# Country, and its account number as a mask; bank codes of zeros are nobody's.
ACCOUNTS = {
    "de": ("DE", "00000000##########"),
    "de-at": ("AT", "00000###########"),
    "de-ch": ("CH", "00000############"),
    "en": ("GB", "TEST000000########"),
    "es": ("ES", "00000000############"),
    "fr": ("FR", "0000000000#############"),
    "it": ("IT", "X0000000000############"),
    "nl": ("NL", "TEST##########"),
    "pl": ("PL", "00000000################"),
}
# Prefixes that payment providers publish for tests, with the length of the number.
TEST_CARDS = (("424242", 16), ("400000", 16), ("411111", 16), ("555555", 16), ("378282", 15))


@field_type("productName", GROUP, "Something that could be sold.")
def product_name(_spec: Spec) -> Column:
    return formatted("%s %s %s", pool(MANNERS), pool(MATERIALS), pool(GOODS))


@field_type(
    "sku",
    GROUP,
    "A number of an article.",
    Param("mask", "string", "Its form: # a digit, ? a letter.", "???-#####"),
)
def sku(spec: Spec) -> Column:
    return masked(spec["mask"])


@field_type("ean13", GROUP, "A bar code of the range for use within a shop.")
def ean13(_spec: Spec) -> Column:
    def value_of(indexes: Sequence[int]) -> Values:
        return [_with_check(f"2{index:011d}") for index in indexes]

    return Indexed(10**11, value_of)


def _with_check(digits: str) -> str:
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"


@field_type(
    "price",
    GROUP,
    "An amount of money.",
    Param("min", "number", "The smallest.", 1, 0),
    Param("max", "number", "The largest.", 500, 0),
    distributes=True,
)
def price(spec: Spec) -> Column:
    return decimals(spec, spec["min"], spec["max"], 2)


@field_type("currency", GROUP, "The three letters of a currency.", distributes=True)
def currency(spec: Spec) -> Column:
    codes = tuple(dict.fromkeys(international("finance", "CURRENCY_ISO_CODES")))
    return pool(codes, distribution=spec.spread())


@field_type("iban", GROUP, "An account number with a right check, at no bank.", localized=True)
def iban(spec: Spec) -> Column:
    language = spec.locale.partition("-")[0]
    land, mask = ACCOUNTS.get(spec.locale) or ACCOUNTS.get(language) or ACCOUNTS["de"]
    numbers = masked(mask)

    def value_of(indexes: Sequence[int]) -> Values:
        return [_with_iban_check(land, number) for number in numbers.at(indexes)]

    return Indexed(min(numbers.size, 2**60), value_of)


def _with_iban_check(land: str, number: str) -> str:
    digits = "".join(str(int(letter, 36)) for letter in f"{number}{land}00")
    return f"{land}{98 - int(digits) % 97:02d}{number}"


@field_type("creditCard", GROUP, "A card number of the ranges for tests, with a right check.")
def credit_card(_spec: Spec) -> Column:
    def value_of(indexes: Sequence[int]) -> Values:
        return [_card(index) for index in indexes]

    return Indexed(len(TEST_CARDS) * 10**8, value_of)


def _card(index: int) -> str:
    prefix, length = TEST_CARDS[index % len(TEST_CARDS)]
    body = f"{prefix}{index // len(TEST_CARDS):0{length - 1 - len(prefix)}d}"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in body[::-2])
    return f"{body}{-(doubled + sum(map(int, body[-2::-2]))) % 10}"
