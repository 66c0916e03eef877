"""Ports are checked before anything is started."""

import socket
from collections.abc import Iterator
from dataclasses import astuple

import pytest

from rehearsal.ports import PortInUseError, Ports, free_ports, is_free


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_names_itself_and_the_way_out(busy: int) -> None:
    with pytest.raises(PortInUseError, match=rf"Port {busy}, where Airflow's UI .* make demo PORT="):
        Ports.choose(api=busy)
    with pytest.raises(PortInUseError, match=rf"Port {busy}, where the sandbox .* SANDBOX_PORT="):
        Ports.choose(sandbox=busy)


def test_all_ports_differ_and_what_was_asked_for_is_kept() -> None:
    asked = free_ports(1)[0]
    ports = astuple(Ports.choose(api=asked))
    assert ports[0] == asked
    assert len(set(ports)) == len(ports)
    assert all(is_free(port) for port in ports)
