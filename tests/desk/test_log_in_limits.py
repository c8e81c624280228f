"""The pauses between tries grow, and hit the one who tries, not the house."""

from desk.log_in_limits import LogInLimits


def tries_until_wait(limits: LogInLimits, *, login: str, address: str, most: int = 200) -> int:
    """Return how many tries are let through before one has to wait."""
    for count in range(most):
        if limits.seconds_to_wait(login=login, address=address):
            return count
    return most


def test_five_tries_a_minute() -> None:
    limits = LogInLimits()
    assert tries_until_wait(limits, login="xiaoli", address="10.0.0.1") == 5
    assert 1 <= limits.seconds_to_wait(login="xiaoli", address="10.0.0.1") <= 60


def test_another_name_or_another_place_is_not_held_back() -> None:
    limits = LogInLimits()
    tries_until_wait(limits, login="xiaoli", address="10.0.0.1")
    assert limits.seconds_to_wait(login="xiaowang", address="10.0.0.1") == 0
    assert limits.seconds_to_wait(login="xiaoli", address="10.0.0.2") == 0


def test_refused_tries_do_not_make_the_wait_longer() -> None:
    limits = LogInLimits()
    for _ in range(50):
        wait = limits.seconds_to_wait(login="xiaoli", address="10.0.0.1")
    assert wait <= 60


def test_one_name_from_many_addresses() -> None:
    limits = LogInLimits()
    let_in = sum(
        limits.seconds_to_wait(login="xiaoli", address=f"10.0.{n // 250}.{n % 250}") == 0
        for n in range(150)
    )
    assert let_in == 100


def test_one_address_with_many_names() -> None:
    limits = LogInLimits()
    let_in = sum(
        limits.seconds_to_wait(login=f"name{n}", address="10.0.0.1") == 0 for n in range(150)
    )
    assert let_in == 100


def test_addresses_of_one_ipv6_customer_count_together() -> None:
    limits = LogInLimits()
    let_in = sum(
        limits.seconds_to_wait(login="xiaoli", address=f"2001:db8::{n:x}") == 0 for n in range(9)
    )
    assert let_in == 5


def test_getting_in_takes_the_tries_back() -> None:
    limits = LogInLimits()
    tries_until_wait(limits, login="xiaoli", address="unknown")
    limits.forget(login="xiaoli", address="unknown")
    assert limits.seconds_to_wait(login="xiaoli", address="unknown") == 0
