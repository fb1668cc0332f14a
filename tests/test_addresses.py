import pytest

from scratch.checking import checked
from scratch.serving.addresses import Port, check_address, check_token


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8017", "http://localhost:1", "http://a:65535"]
)
def test_an_address(address):
    check_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1:0",
     "http://127.0.0.1:65536", "http://127.0.0.1:80/", "http://127.0.0.1:80\n", "http://:80",
     "http://127.0.0.1:٣", "http://..:80", f"http://{'a' * 64}:80"],
    ids=ascii,
)  # fmt: skip
def test_no_address(address):
    with pytest.raises(
        ValueError, match=r"the address must be such as http://127\.0\.0\.1:8017, got"
    ):
        check_address(address)


def test_a_port_is_one_that_a_machine_has_or_0_for_any():
    @checked
    def port(port: Port):
        return port

    assert [port(0), port(65_535)] == [0, 65_535]
    for wrong in (-1, 65_536):
        with pytest.raises(ValueError, match=f"at least 0 and at most 65535, got {wrong}"):
            port(wrong)


def test_an_address_and_a_token_are_texts():
    with pytest.raises(TypeError, match="address must be a str, got 8017"):
        check_address(8017)
    for wrong in (None, b"secret", 7):
        with pytest.raises(TypeError, match="the token must be a text") as refused:
            check_token(wrong)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("token", ["a", "open-sesame", "!~"])
def test_a_token(token):
    check_token(token)


@pytest.mark.parametrize(
    "token", ["", "two words", "ä", "secret\n", "a\r\nb: c", "\x7f"], ids=ascii
)
def test_a_token_that_no_header_holds_is_refused_and_not_shown(token):
    with pytest.raises(ValueError, match="a token is one word") as refused:
        check_token(token)
    assert "secret" not in str(refused.value)
