"""Where outgoing calls may go."""

from dataclasses import dataclass

from django.conf import settings

from apps.core.egress.addresses import address_is_own, address_is_public

_PUBLIC_PORTS = frozenset({443, 8443})


@dataclass(frozen=True, kw_only=True)
class EgressPolicy:
    """
    The hosts, addresses, schemes and ports that calls may reach; by default none.

    `allowed_hosts` holds exact names, `*.suffix` for everything below a name, or `*` for any.
    `allow_private` opens our own networks, plain HTTP and any port: for demo and tests.
    """

    allowed_hosts: tuple[str, ...] = ()
    allow_private: bool = False
    ca_bundle: str | None = None
    user_agent: str = "Backroom"

    @classmethod
    def from_settings(cls) -> "EgressPolicy":
        """Return the policy of this installation."""
        return cls(
            allowed_hosts=tuple(settings.EGRESS_ALLOWED_HOSTS),
            allow_private=settings.EGRESS_ALLOW_PRIVATE,
            ca_bundle=settings.EGRESS_CA_BUNDLE,
            user_agent=settings.EGRESS_USER_AGENT,
        )

    def permits_endpoint(self, scheme: str, port: int | None) -> bool:
        """Tell whether calls may use this scheme on this port."""
        if self.allow_private:
            return scheme in {"https", "http"} and bool(port)
        return scheme == "https" and port in _PUBLIC_PORTS

    def permits_host(self, host: str) -> bool:
        """Tell whether the allow list names this host."""
        return any(_matches(host, entry.lower()) for entry in self.allowed_hosts)

    def permits_address(self, address: str) -> bool:
        """Tell whether a connection to this address may be opened."""
        if address_is_public(address):
            return True
        return self.allow_private and address_is_own(address)


def _matches(host: str, entry: str) -> bool:
    if entry == "*":
        return True
    if entry.startswith("*."):
        return host.endswith(entry[1:]) and len(host) >= len(entry)
    return host == entry
