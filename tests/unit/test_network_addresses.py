"""Which addresses a recipient may have, and how they may be written."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.network import addresses
from consent.network.addresses import is_local, is_public, may_connect
from consent.network.hosts import AddressRefused, read_host, read_url

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2a00:1450:4001::1",
    "2003::1",
)
LOCAL = (
    "10.0.0.0",
    "10.255.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "::1",
    "fc00::1",
    "fdff:ffff::1",
)
NEVER = (
    "0.0.0.0",  # noqa: S104 - an address refused, not one bound to
    "0.1.2.3",
    "100.64.0.1",
    "100.100.100.200",  # Alibaba's metadata
    "100.127.255.255",
    "168.63.129.16",  # Azure's host
    "169.254.0.1",
    "169.254.169.254",  # metadata of most clouds
    "169.254.170.2",  # of containers at AWS
    "192.0.0.1",
    "192.0.0.192",  # Oracle's metadata
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::2",
    "::127.0.0.1",  # IPv4-compatible
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",  # mapped: public or not
    "::ffff:0:8.8.8.8",
    "64:ff9b::8.8.8.8",  # NAT64
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",  # discarded
    "1fff::1",
    "2001::1",  # Teredo
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff::1",
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fd00:42::42",  # Scaleway's metadata
    "fd00:ec2::254",  # AWS's metadata
    "fd20:ce::254",  # Google's metadata
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1%1",
    "ff02::1",
    "ff0e::1",
)
LOCALS = frozenset(ip_address(text) for text in LOCAL)


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_connected_to(text: str) -> None:
    assert may_connect(ip_address(text), allow_local=False)
    assert may_connect(ip_address(text), allow_local=True)
    assert not is_local(ip_address(text))


@pytest.mark.parametrize("text", LOCAL)
def test_a_local_address_may_be_connected_to_only_where_the_installation_says_so(text: str) -> None:
    assert not may_connect(ip_address(text), allow_local=False)
    assert may_connect(ip_address(text), allow_local=True)
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", NEVER)
def test_any_other_address_is_never_connected_to(text: str) -> None:
    assert not may_connect(ip_address(text), allow_local=False)
    assert not may_connect(ip_address(text), allow_local=True)


@pytest.mark.parametrize("name", ["_FORBIDDEN_4", "_FORBIDDEN_6", "_LOCAL_4", "_METADATA"])
def test_without_any_one_of_the_rules_some_address_would_be_let_through(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutants of the three tests above: each rule left out in turn."""
    closed = [ip_address(text) for text in (*LOCAL, *NEVER)]
    rules = list(getattr(addresses, name))
    for left_out in rules:
        monkeypatch.setattr(addresses, name, tuple(rule for rule in rules if rule != left_out))
        opened = [each for each in closed if is_public(each) or (each not in LOCALS and is_local(each))]
        assert opened, left_out


@pytest.mark.parametrize("text", [*PUBLIC, *LOCAL, *NEVER])
def test_nothing_is_public_that_the_standard_library_calls_private(text: str) -> None:
    address = ip_address(text)

    assert not is_public(address) or (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "..",
        "recipient.example.",  # a dot at the end: another name to a certificate, the same to a resolver
        "localhost.",
        "127.0.0.1.",
        "2130706433",  # 127.0.0.1 as one number
        "017700000001",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.2",
        "1.2.3.256",
        "example.1",
        "example.0x7f",
        "0",
        "１２７.0.0.1",  # noqa: RUF001 - full width
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "exämple.com",
        "ex\u00adample.com",
        "examp\u0142e.com",
        "faß.de",
        "\u2024example.com",
        "exam ple.com",
        "example.com\n",
        "example.com\x00.public.example",
        "example.com%00",
        "%31%32%37.0.0.1",
        "user@example.com",
        "example.com:80",
        "example.com/",
        "-example.com",
        "example-.com",
        "exa_mple.com",
        "a..b",
        "a" * 64 + ".com",
        ".".join(["a" * 60] * 5),
        "[::1]",
        "::1]",
        "::ffff:127.0.0.1:80:1:1:1:1",
        "1::2::3",
        "fe80::1%25eth0%",
    ],
)
def test_a_host_that_could_be_read_in_two_ways_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        read_host(host)


@pytest.mark.parametrize(
    ("host", "read"),
    [
        ("Recipient.Example", "recipient.example"),
        ("localhost", "localhost"),
        ("xn--exmple-cua.com", "xn--exmple-cua.com"),
        ("3com.example", "3com.example"),
        ("a.b-c.d1", "a.b-c.d1"),
        ("8.8.8.8", "8.8.8.8"),
        ("2606:4700:4700:0:0:0:0:1111", "2606:4700:4700::1111"),
        ("::FFFF:8.8.8.8", "::ffff:808:808"),
    ],
)
def test_a_plain_host_is_read(host: str, read: str) -> None:
    assert ip_address(read_host(host)) == ip_address(read) if ":" in host else read_host(host) == read


@pytest.mark.parametrize(
    "url",
    [
        "",
        "recipient.example/hook",
        "//recipient.example/hook",
        "http://recipient.example/hook",
        "HTTPS://recipient.example/hook",
        "ftp://recipient.example/hook",
        "file:///etc/passwd",
        "gopher://recipient.example:70/_",
        "https:recipient.example",
        "https:/recipient.example",
        "https:///recipient.example",
        "https://user@recipient.example/hook",
        "https://user:word@recipient.example/hook",
        "https://recipient.example@127.0.0.1/",
        "https://recipient.example#@127.0.0.1/",
        "https://recipient.example/hook#part",
        "https://recipient.example\\@127.0.0.1/",
        "https://recipient.example\\hook",
        "https://recipient.example/a b",
        " https://recipient.example/",
        "https://recipient.example/\r\nX: y",
        "https://recipient.example/\n",
        "https://recipient.example/é",
        "https://recipient.example?query",
        "https://recipient.example:/hook",
        "https://recipient.example:0/",
        "https://recipient.example:22/",
        "https://recipient.example:25/",
        "https://recipient.example:80/",
        "https://recipient.example:1023/",
        "https://recipient.example:65536/",
        "https://recipient.example:99999/",
        "https://recipient.example:443443/",
        "https://recipient.example:８443/",  # noqa: RUF001 - full width
        "https://recipient.example:-1/",
        "https://0x7f000001/",
        "https://recipient.example./",
        "https://[::1/",
        "https://::1/",
        "https://[recipient.example]/",
        "https://[fe80::1%25eth0]/",
        "https://[127.0.0.1]/",
        "https://[127.0.0.1]/extra]",
        "https://recipient.example/" + "a" * 2048,
    ],
)
def test_a_url_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        read_url(url, allow_local=False)

    assert not url or url not in str(refused.value)


def test_a_url_is_taken_apart() -> None:
    address = read_url("https://Hooks.Recipient.example:8443/in/a%20b?tenant=harbor", allow_local=False)

    assert (address.scheme, address.host, address.port) == ("https", "hooks.recipient.example", 8443)
    assert address.target == "/in/a%20b?tenant=harbor"
    assert read_url("https://recipient.example", allow_local=False).target == "/"
    assert read_url("https://recipient.example", allow_local=False).port == 443
    assert read_url("https://[2606:4700:4700::1111]/", allow_local=False).host == "2606:4700:4700::1111"


def test_plain_http_and_low_ports_are_read_only_where_local_addresses_are_allowed() -> None:
    address = read_url("http://127.0.0.1:81/", allow_local=True)

    assert (address.scheme, address.port) == ("http", 81)
    assert read_url("http://localhost/", allow_local=True).port == 80


NOISE = [
    "/",
    "\\",
    ":",
    "@",
    "?",
    "#",
    "[",
    "]",
    "%",
    "%2e",
    "%00",
    " ",
    "\t",
    "\n",
    "\0",
    "é",
    "。",
    "_",
    "~",
]
NAMES = [
    "a",
    "B",
    "example",
    ".com",
    ".",
    "-",
    "127.0.0.1",
    "0x7f",
    "::1",
    "[::1]",
    "xn--a",
    "localhost",
    "1",
]
PORTS = ["", ":443", ":8443", ":80", ":", ":0", ":65536", ":443@", ":44x"]


def some(*pieces: str) -> st.SearchStrategy[str]:
    """Return texts of a few of these pieces."""
    return st.lists(st.sampled_from(pieces), min_size=1, max_size=4).map("".join)


@given(
    st.sampled_from(["https://", "http://", "https:/", "https:\\\\", "https://user@"]),
    st.one_of(some(*NAMES), some(*NAMES, *NOISE)),
    st.sampled_from(PORTS),
    st.one_of(st.just(""), some("/", "path", ".", "?", "=", *NOISE)),
)
@settings(max_examples=500, deadline=None)
def test_what_is_read_as_a_url_is_read_alike_by_others(scheme: str, host: str, port: str, rest: str) -> None:
    url = scheme + host + port + rest
    try:
        address = read_url(url, allow_local=True)
    except AddressRefused:
        return

    other, another = urlsplit(url), httpx2.URL(url)
    assert address.host == (other.hostname or "") == another.host.lower()
    assert address.port == (other.port or {"https": 443, "http": 80}[address.scheme])
    assert address.port == (another.port or {"https": 443, "http": 80}[address.scheme])
    assert not other.username
    assert not other.fragment
    assert not another.userinfo
