"""Which addresses a URL of a sweep may lead to: public ones, and those that the chart's values allow.

A tenant must not make the operator reach what only the operator can: the metadata service of a cloud,
the API server, services of the cluster.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from .receivers import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Of RFC 6052 and RFC 8215: the last 32 bits are an IPv4 address that a gateway translates to.
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# Of Azure's platform, in every virtual network; the address is a public one.
_PLATFORM = ipaddress.ip_address("168.63.129.16")


def is_permitted(text: str, allowed: Sequence[Network]) -> bool:
    """Return whether the operator may connect to an address for a sweep.

    Args:
        text: the address that a name was resolved to.
        allowed: networks that are allowed although they are not public.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(
        any(one.version == network.version and one in network for network in allowed)
        or _is_public(one)
        for one in _meanings(address)
    )


def _meanings(address: Address) -> Iterator[Address]:
    """Yield the address, or the IPv4 addresses that it is translated to."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    found = [one for one in inner if one is not None]
    yield from found or [address]


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and address != _PLATFORM
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )
