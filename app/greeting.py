"""What a running server says on the screen: where it is, and how to get in."""

import ipaddress

from app import demonstration
from app.saying import SAY, tell_operator
from app.system import Base


def greet(base: Base, *, has_web: bool) -> None:
    """Print the addresses and the demonstration log-ins."""
    if has_web:
        tell_operator(SAY.say("serve.chat", address=base.settings.address))
        tell_operator(SAY.say("serve.desk", address=base.settings.address))
        _show_log_ins(base)
    else:
        tell_operator(SAY.say("serve.worker"))
    tell_operator(SAY.say("serve.stop"))


def _show_log_ins(base: Base) -> None:
    log_ins = demonstration.read_logins(base.home.path)
    if not log_ins:
        return
    tell_operator(SAY.say("serve.logins"))
    for line in log_ins:
        tell_operator(f"　　{line}")
    if base.settings.public_url or not _is_local(base.settings.host):
        tell_operator(SAY.say("serve.open_demonstration"))


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
