"""TCP ports of this machine: a free one, or a plain word about the one that is taken."""

import secrets
import socket

from deploy.local.refusals import PortInUse

HOST = "127.0.0.1"


def free_port() -> int:
    """A port below those that outgoing connections are given: it is still free when its program binds it later."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        if _is_free(port):
            return port


def claim(port: int, *, what: str, setting: str) -> int:
    """Answer `port`, or any free one for 0; raise `PortInUse` naming the setting that would change it."""
    if port == 0:
        return free_port()
    if not _is_free(port):
        raise PortInUse(port, what=what, setting=setting)
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Servers set this too: a port in TIME_WAIT after a restart counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0
