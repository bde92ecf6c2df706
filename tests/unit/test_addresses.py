from ipaddress import ip_network

import pytest

from finlit.channels.addresses import client_address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # nobody's proxy: the header is a claim
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # the left end is the client's own
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["' OR 1=1"], "10.0.0.1"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),  # one customer has a whole /64
    ],
)
def test_only_a_trusted_proxy_says_whose_request_it_is(peer, forwarded, address):
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_trusted_proxies_the_header_means_nothing():
    assert client_address("10.0.0.1", ["198.51.100.1"], ()) == "10.0.0.1"
