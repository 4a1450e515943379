"""Origins, addresses as they are shown, and which proxy the environment names."""

import pytest

from fleet.errors import OutsideError
from transport.urls import origin, proxy_for, public_url


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a/x", "http://a:80/y", True),
        ("https://a/x", "https://A:443/", True),
        ("http://a./x", "http://a/", True),
        ("http://a/x", "https://a/x", False),
        ("http://a/x", "http://a:81/x", False),
        ("http://a/x", "http://b.a/x", False),
        ("http://a/x", "http://a@b/x", False),
        ("http://[::1]/x", "http://[::1]:80/", True),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert (origin(one) == origin(other)) is same


@pytest.mark.parametrize("url", ["", "x", "//a/b", "gopher://a/", "http://", "http://a:99999/", "http://[::1"])
def test_what_is_no_address_has_no_origin(url: str) -> None:
    with pytest.raises(OutsideError):
        origin(url)


def test_an_address_is_shown_without_its_password() -> None:
    assert public_url("https://me:p@ss@host:8443/x?y=1") == "https://host:8443/x?y=1"
    assert public_url("http://host/\x1b[31m") == "http://host/\\x1b[31m"
    assert "secret" not in public_url("http://me:secret@[::1")


PROXIES = {
    "HTTP_PROXY": "http://up:3128",
    "https_proxy": "http://low:3128",
    "NO_PROXY": "corp.example, .lab:8080,10.0.0.7",
}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://agent.example/", "http://up:3128"),
        ("https://agent.example/", "http://low:3128"),
        ("http://corp.example/", None),
        ("http://a.corp.example:99/", None),
        ("http://notcorp.example/", "http://up:3128"),
        ("http://x.lab:8080/", None),
        ("http://x.lab/", "http://up:3128"),
        ("http://10.0.0.7:9000/", None),
        ("http://127.0.0.1:9000/", None),
        ("http://127.9.9.9/", None),
        ("http://[::1]:9000/", None),
        ("http://localhost/", None),
        ("http://agents.localhost/", None),
    ],
)
def test_the_environment_names_the_proxy(url: str, proxy: str | None) -> None:
    assert proxy_for(url, PROXIES) == proxy


def test_no_proxy_star_and_cgi_are_respected() -> None:
    assert proxy_for("http://a/", PROXIES | {"no_proxy": "*"}) is None
    assert proxy_for("http://a/", {"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}) is None
    assert proxy_for("http://a/", {}) is None
