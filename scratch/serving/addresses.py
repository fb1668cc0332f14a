"""Where a service is, and the word that it asks for: what an address and a header can hold."""

import re
from typing import Annotated

from scratch.checking import Within, checked

MOST_PORT = 65_535

Port = Annotated[int, Within(0, MOST_PORT)]  # 0: any that is free


@checked
def check_address(address: str) -> None:
    """Raise ValueError unless a client could ask at this address, such as http://127.0.0.1:8017."""
    found = re.fullmatch(
        r"http://(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}:([1-9][0-9]{0,4})", address
    )
    if found is None or int(found[1]) > MOST_PORT:
        raise ValueError(f"the address must be such as http://127.0.0.1:8017, got {address!r}")


def check_token(token: str) -> None:
    """Raise TypeError or ValueError unless a header could hold the token, which is not shown."""
    if not isinstance(token, str):
        raise TypeError(f"the token must be a text, got something of {type(token).__name__}")
    if not re.fullmatch("[!-~]+", token):
        raise ValueError("a token is one word of letters, digits and signs of ASCII")
