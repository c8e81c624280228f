"""How often someone may try to log in: the pauses grow, a right password ends them."""

import ipaddress
import math
import threading
import time

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# One login name from one address: after five tries a minute, then ten, then an hour's wait.
_PAIR = "5/minute;10/10minutes;20/hour"
# A name tried from many addresses, and an address that tries many names.
_NAME = "100/hour"
_ADDRESS = "100/10minutes"


class LogInLimits:
    """Counts tries in this process; every try counts until one succeeds."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._counting = threading.Lock()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._pair = parse_many(_PAIR)
        self._name = parse_many(_NAME)
        self._address = parse_many(_ADDRESS)

    def seconds_to_wait(self, *, login: str, address: str) -> int:
        """Count one try; return 0 when it may be made, else how many seconds to wait."""
        counted = self._counted(login, address)
        with self._counting:
            waits = [self._wait(item, keys) for item, keys in counted]
            if any(waits):
                return max(waits)
            for item, keys in counted:
                self._limiter.hit(item, *keys)
        return 0

    def forget(self, *, login: str, address: str) -> None:
        """Take the tries of this name from this address back, after it got in."""
        for item in self._pair:
            self._limiter.clear(item, "pair", login, network_of(address))

    def _counted(self, login: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        network = network_of(address)
        return [
            *((item, ("pair", login, network)) for item in self._pair),
            *((item, ("name", login)) for item in self._name),
            *((item, ("address", network)) for item in self._address),
        ]

    def _wait(self, item: RateLimitItem, keys: tuple[str, ...]) -> int:
        if self._limiter.test(item, *keys):
            return 0
        stats = self._limiter.get_window_stats(item, *keys)
        return max(1, math.ceil(stats.reset_time - time.time()))


def network_of(address: str) -> str:
    """Return what one customer of a provider holds: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
