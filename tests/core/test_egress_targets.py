"""Nothing that is not public can be reached, however it is written or resolved."""

import pytest
from yarl import URL

from apps.core.egress import (
    CheckedUrl,
    EgressDenied,
    EgressPolicy,
    NetworkFailure,
    OutgoingCall,
    check_url,
    open_client,
    send,
)
from apps.core.egress.addresses import address_is_own, address_is_public
from tests.core.egress_world import (
    CORPUS,
    PUBLIC_ADDRESS,
    Authority,
    Names,
    a_partner,
    a_trap,
    answering,
    network,
    on_network,
)

ANYWHERE_PUBLIC = EgressPolicy(allowed_hosts=("*",))
ANYWHERE = EgressPolicy(allowed_hosts=("*",), allow_private=True)
FORMS = [form for form, _ in CORPUS]
ADDRESSES = sorted({address for _, address in CORPUS})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def trap():
    with a_trap() as trap:
        yield trap


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def get(url: str | CheckedUrl) -> OutgoingCall:
    """Build a call that no static check has seen."""
    return OutgoingCall(method="GET", url=CheckedUrl(URL(url)), timeout_ms=500)


async def outcome(policy: EgressPolicy, *urls: str, names: Names | None = None):
    """Return the last answer or failure, and all addresses where a connection was tried."""
    async with open_client(policy, width=4, resolver=names) as client:
        result = None
        for url in urls:
            try:
                result = await send(client, get(url))
            except NetworkFailure as failure:
                result = failure
    return result, network().attempts


def test_the_corpus_is_large_enough():
    assert len(set(FORMS)) >= 60


@pytest.mark.parametrize("form", FORMS)
def test_an_address_that_is_not_public_is_refused_as_text(form):
    with pytest.raises(EgressDenied):
        check_url(f"https://{form}/", ANYWHERE_PUBLIC)


@pytest.mark.parametrize("form", FORMS)
def test_an_address_that_is_not_public_is_never_connected(form, trap):
    try:
        url = str(URL(f"http://{form}:{trap.port}/"))
    except ValueError:
        pytest.skip("the client's own parser refuses this form")

    failure, attempts = on_network(outcome(ANYWHERE_PUBLIC, url))

    assert failure.subcode in {"egress_denied", "dns"}
    assert not failure.may_have_left
    assert attempts == []
    assert trap.visits == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_redirect_to_an_address_that_is_not_public_is_an_answer(form, trap, authority):
    location = f"http://{form}:{trap.port}/".encode()

    async def scene():
        redirect = b"HTTP/1.1 307 Go\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
        async with a_partner(answering(redirect), tls=authority.server_side()) as port:
            network().routes[PUBLIC_ADDRESS, 443] = ("127.0.0.1", port)
            policy = EgressPolicy(allowed_hosts=("*",), ca_bundle=str(authority.bundle))
            names = Names([PUBLIC_ADDRESS])
            return await outcome(policy, "https://partner.example/", names=names)

    answer, attempts = on_network(scene())

    assert answer.status == 307
    assert attempts == [(PUBLIC_ADDRESS, 443)]
    assert trap.visits == 0


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_turns_to_an_address_that_is_not_public_is_not_followed(
    address, trap, authority
):
    names = Names([PUBLIC_ADDRESS], [address])

    async def scene():
        policy = EgressPolicy(allowed_hosts=("*",), ca_bundle=str(authority.bundle))
        url = check_url("https://partner.example:8443/", policy)
        async with a_partner(answering(OK), tls=authority.server_side()) as port:
            network().routes[PUBLIC_ADDRESS, 8443] = ("127.0.0.1", port)
            network().routes[address, 8443] = ("127.0.0.1", trap.port)
            first, _ = await outcome(policy, str(url), names=names)
            second, attempts = await outcome(policy, str(url), names=names)
            return first, second, attempts

    first, second, attempts = on_network(scene())

    assert first.status == 200
    assert second.subcode == "egress_denied"
    assert attempts == [(PUBLIC_ADDRESS, 8443)]
    assert trap.visits == 0


def test_of_a_mixed_answer_only_the_public_address_is_connected(trap, authority):
    async def scene():
        policy = EgressPolicy(allowed_hosts=("*",), ca_bundle=str(authority.bundle))
        async with a_partner(answering(OK), tls=authority.server_side()) as port:
            network().routes[PUBLIC_ADDRESS, 443] = ("127.0.0.1", port)
            names = Names(["127.0.0.1", "::1", PUBLIC_ADDRESS])
            return await outcome(policy, "https://partner.example/", names=names)

    answer, attempts = on_network(scene())

    assert answer.status == 200
    assert attempts == [(PUBLIC_ADDRESS, 443)]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_with_private_egress_the_same_trap_is_reached(host, trap):
    failure, attempts = on_network(outcome(ANYWHERE, f"http://{host}:{trap.port}/"))

    assert failure.subcode == "read_timeout"
    assert attempts
    assert trap.visits > 0


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "224.0.0.1"])
def test_private_egress_does_not_open_metadata_link_local_or_multicast(host):
    with pytest.raises(EgressDenied):
        check_url(f"http://{host}/", ANYWHERE)

    failure, attempts = on_network(outcome(ANYWHERE, f"http://{host}/"))

    assert failure.subcode == "egress_denied"
    assert attempts == []


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example",
        "https://partner.example/v2/submit?day=1&x=%2F",
        "https://PARTNER.example:8443/",
        "https://partner.example:443/",
        "https://b\u00fccher.example/",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_a_public_address_is_accepted(url):
    assert check_url(url, ANYWHERE_PUBLIC).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "partner.example/path",
        "//partner.example/path",
        "/path",
        "https:///path",
        "https://",
        "http://partner.example/",
        "ftp://partner.example/",
        "file:///etc/passwd",
        "ws://partner.example/",
        "https://partner.example:80/",
        "https://partner.example:0/",
        "https://partner.example:99999/",
        "https://user@partner.example/",
        "https://user:secret@partner.example/",
        "https://@partner.example/",
        "https://partner.example@127.0.0.1/",
        "https://partner.example/#part",
        "https://partner.example/#",
        "https://partner.example\\@127.0.0.1/",
        "https://partner.example/a b",
        " https://partner.example/",
        "https://partner.example/\r\nX: y",
        "https://partner.example/\x00",
        "https://partner\u00ad.example/",
        "https://partner.example\u2028/",
        "https://partner..example/",
        "https://-partner.example/",
        "https://partner.example./",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://xn--a.example/",
        "https://[v1.x]/",
        "https://[::1/",
        "https://partner.example/" + "a" * 2048,
    ],
)
def test_a_malformed_address_is_refused_with_one_sentence(url):
    with pytest.raises(EgressDenied) as refusal:
        check_url(url, ANYWHERE_PUBLIC)

    assert refusal.value.code == "egress_denied"
    assert str(refusal.value).endswith(".")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("entries", "host", "allowed"),
    [
        ((), "partner.example", False),
        (("partner.example",), "partner.example", True),
        (("Partner.Example",), "partner.example", True),
        (("partner.example",), "api.partner.example", False),
        (("partner.example",), "partner.example.evil.test", False),
        (("*.partner.example",), "api.partner.example", True),
        (("*.partner.example",), "a.b.partner.example", True),
        (("*.partner.example",), "partner.example", False),
        (("*.partner.example",), "evilpartner.example", False),
        (("b\u00fccher.example",), "xn--bcher-kva.example", True),
        (("*",), "anything.example", True),
        (("8.8.8.8",), "8.8.8.8", True),
    ],
)
def test_the_allow_list_decides_by_exact_name_or_suffix(entries, host, allowed):
    policy = EgressPolicy(allowed_hosts=entries)

    try:
        check_url(f"https://{host}/", policy)
    except EgressDenied:
        accepted = False
    else:
        accepted = True

    assert accepted is allowed


def test_settings_make_the_policy(settings):
    settings.EGRESS_ALLOWED_HOSTS = ["partner.example"]
    settings.EGRESS_ALLOW_PRIVATE = False
    settings.EGRESS_CA_BUNDLE = None
    settings.EGRESS_USER_AGENT = "Shop/1"

    policy = EgressPolicy.from_settings()

    assert policy == EgressPolicy(allowed_hosts=("partner.example",), user_agent="Shop/1")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address):
    assert address_is_public(address)
    assert not address_is_own(address)


@pytest.mark.parametrize("text", ["", "partner.example", "1.2.3", "8.8.8.8%eth0", "08.8.8.8"])
def test_what_is_no_address_is_not_public(text):
    assert not address_is_public(text)
    assert not address_is_own(text)
