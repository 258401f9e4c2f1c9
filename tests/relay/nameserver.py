"""A name server on loopback that knows what a test says: real questions and answers over UDP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

# By name: what is there, as ("MX", "10 mx.b.test."), or the code of an error as text.
Zone = Mapping[str, list[tuple[str, str]] | str]


@contextmanager
def name_server(zone: Zone) -> Iterator[tuple[str, list[str]]]:
    """Yield HOST:PORT, and the questions as they come; a name that the zone does not have does not exist."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(sock, zone, asked))
        thread.start()
        yield "{}:{}".format(*sock.getsockname()), asked
        sock.sendto(b"", sock.getsockname())
        thread.join()


def _serve(sock: socket.socket, zone: Zone, asked: list[str]) -> None:
    while True:
        octets, client = sock.recvfrom(4096)
        if not octets:
            return
        question = dns.message.from_wire(octets)
        sock.sendto(_answer(question, zone, asked).to_wire(), client)


def _answer(question: dns.message.Message, zone: Zone, asked: list[str]) -> dns.message.Message:
    answer = dns.message.make_response(question, recursion_available=True)
    name, kind = question.question[0].name, dns.rdatatype.to_text(question.question[0].rdtype)
    asked.append(f"{kind} {name.to_text(omit_final_dot=True)}")
    known = zone.get(name.to_text(omit_final_dot=True), "NXDOMAIN")
    if isinstance(known, str):
        answer.set_rcode(dns.rcode.from_text(known))
        return answer
    records = [value for each, value in known if each == kind]
    if records:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
    return answer
