"""Our own way to a provider: what it makes of a server's bytes, and of what goes wrong."""

from __future__ import annotations

import gzip
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from potluck.rooms import provider
from potluck.rooms.model import Call, open_stream
from potluck.rooms.provider import Server
from potluck.rooms.wire.answer import HEAD_BYTES_MAX
from potluck.rooms.wire.transport import Wire
from potluck.settings import Settings
from tests.rooms.raw_server import WAIT_SECONDS_MAX, raw_server

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
THREE_CHUNKS = b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=Wire(), timeout=httpx2.Timeout(5)) as client:
        yield client


@pytest.fixture
def certificate_file(tmp_path: Path) -> Path:
    file = tmp_path / "certificate.pem"
    file.write_bytes(_certificate())
    return file


@pytest.fixture
def certificate(certificate_file: Path) -> ssl.SSLContext:
    """What a server at 127.0.0.1 shows."""
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.load_cert_chain(certificate_file)
    return certificate


def test_chunks_that_came_together_are_one_piece(client: httpx2.Client) -> None:
    with (
        raw_server(CHUNKED + THREE_CHUNKS + b"0\r\n\r\n") as server,
        client.stream("POST", f"http://127.0.0.1:{server.port}/a?b=c", json={"d": 1}) as response,
    ):
        assert list(response.iter_bytes()) == [b"abc"]
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert body == b'{"d":1}'


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
        CHUNKED + b"64\r\nhalf of it",
        CHUNKED + THREE_CHUNKS,
        CHUNKED + THREE_CHUNKS + b"some\r\n",
    ],
)
def test_what_is_no_whole_answer_is_refused(client: httpx2.Client, answer: bytes) -> None:
    with raw_server(answer) as server, pytest.raises(httpx2.RemoteProtocolError):
        client.get(f"http://127.0.0.1:{server.port}/")


def test_an_answer_without_an_end_is_given_up(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless_head = b"HTTP/1.1 200 OK\r\nA: " + b"x" * HEAD_BYTES_MAX
    with (
        raw_server(endless_head, stays=True) as server,
        pytest.raises(httpx2.RemoteProtocolError, match="head"),
    ):
        client.get(f"http://127.0.0.1:{server.port}/")
    monkeypatch.setattr("potluck.rooms.wire.answer.ANSWER_BYTES_MAX", 1_000)
    endless_trailer = CHUNKED + b"0\r\nA: " + b"x" * 1_000
    with raw_server(endless_trailer) as server, pytest.raises(httpx2.ReadError, match="more than"):
        client.get(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200", CHUNKED, CHUNKED + THREE_CHUNKS])
def test_a_server_that_falls_silent_is_not_waited_for(client: httpx2.Client, said: bytes) -> None:
    with raw_server(said, stays=True) as server, pytest.raises(httpx2.ReadTimeout):
        client.get(f"http://127.0.0.1:{server.port}/", timeout=httpx2.Timeout(None, read=0.05))


def test_a_server_that_is_not_there_could_not_be_reached(client: httpx2.Client) -> None:
    with raw_server() as gone:
        pass
    with pytest.raises(httpx2.ConnectError):
        client.get(f"http://127.0.0.1:{gone.port}/")
    with raw_server(stays=True) as mute, pytest.raises(httpx2.ConnectTimeout):
        client.get(f"https://127.0.0.1:{mute.port}/", timeout=httpx2.Timeout(5, connect=0.05))
    with pytest.raises(httpx2.UnsupportedProtocol):
        client.get(f"ftp://127.0.0.1:{gone.port}/")


def test_what_says_that_an_answer_will_come_is_passed_over(client: httpx2.Client) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nA: early\r\n\r\n"
    with raw_server(hints + hints + SHORT) as server:
        response = client.get(f"http://127.0.0.1:{server.port}/")
    assert (response.status_code, response.text, "a" in response.headers) == (200, "hi", False)


def test_an_answer_may_be_compressed_or_end_with_its_connection(client: httpx2.Client) -> None:
    packed = b"HTTP/1.1 404 Gone Fishing\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"hi")
    with raw_server(packed) as server:
        response = client.get(f"http://127.0.0.1:{server.port}/")
    assert (response.status_code, response.reason_phrase) == (404, "Gone Fishing")
    assert response.text == "hi"


def test_a_connection_is_used_again_after_a_whole_answer(client: httpx2.Client) -> None:
    with raw_server(SHORT, SHORT) as server:
        for _ in range(2):
            assert client.get(f"http://127.0.0.1:{server.port}/").text == "hi"
    assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.parametrize(
    "first",
    [
        SHORT + SHORT,
        SHORT + b"and more",
        SHORT.replace(b"Content", b"Connection: close\r\nContent"),
    ],
)
def test_a_connection_is_not_used_again_after_anything_else(
    client: httpx2.Client, first: bytes
) -> None:
    with raw_server(first, stays=True) as server, raw_server(SHORT) as other:
        assert client.get(f"http://127.0.0.1:{server.port}/").text == "hi"
        assert client.get(f"http://127.0.0.1:{other.port}/").text == "hi"
        with pytest.raises(httpx2.ReadTimeout):
            client.get(f"http://127.0.0.1:{server.port}/", timeout=httpx2.Timeout(5, read=0.05))
    assert server.connections == 2


def test_a_connection_that_its_server_closed_is_not_used_again(client: httpx2.Client) -> None:
    with raw_server(SHORT) as server:
        client.get(f"http://127.0.0.1:{server.port}/")
        assert server.has_hung_up.wait(WAIT_SECONDS_MAX)
        with pytest.raises(httpx2.RemoteProtocolError):
            client.get(f"http://127.0.0.1:{server.port}/")
    assert server.connections == 2


def test_a_header_is_one_line(client: httpx2.Client) -> None:
    with raw_server(SHORT) as server, pytest.raises(httpx2.LocalProtocolError):
        client.get(f"http://127.0.0.1:{server.port}/", headers={"a": "b\r\nc: d"})


def test_a_server_is_known_by_its_certificate(
    certificate_file: Path, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with raw_server(CHUNKED + THREE_CHUNKS + b"0\r\n\r\n", certificate=certificate) as server:
        url = f"https://127.0.0.1:{server.port}/"
        with httpx2.Client(transport=Wire()) as stranger, pytest.raises(httpx2.ConnectError):
            stranger.get(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate_file))
        with httpx2.Client(transport=Wire()) as friend:
            assert friend.get(url).text == "abc"


def test_records_that_came_together_are_one_piece(
    certificate_file: Path, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server makes one of each chunk, and TLS gives out one at a time."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_file))
    records = CHUNKED, b"1\r\na\r\n", b"1\r\nb\r\n", b"1\r\nc\r\n0\r\n\r\n"
    with (
        raw_server(records, certificate=certificate) as server,
        httpx2.Client(transport=Wire()) as client,
        client.stream("GET", f"https://127.0.0.1:{server.port}/") as response,
    ):
        server.goes_on.set()
        assert server.has_said_all.wait(WAIT_SECONDS_MAX)
        assert list(response.iter_raw()) == [b"abc"]


def test_texts_go_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server("http://model.example/v1", "hush")
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    with raw_server(answer) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        provider.writer(server).post("/chat/completions", cast_to=object, body={})
        assert proxy.requests[0].startswith(b"POST http://model.example/v1/chat/completions ")
        provider.writer(server).close()


def _certificate() -> bytes:
    """Of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return written + certificate.public_bytes(serialization.Encoding.PEM)


def test_a_stream_that_the_server_packed_is_read_as_any_other(settings: Settings) -> None:
    piece = {"choices": [{"delta": {"content": "Once"}, "finish_reason": "stop"}]}
    packed = gzip.compress(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n"
    )
    with raw_server(head % len(packed) + packed) as server:
        address = {"openai_base_url": f"http://127.0.0.1:{server.port}/v1"}
        call = Call("scripted", [], output_tokens_max=10, room_id=1)
        stream = open_stream(call, settings.model_copy(update=address))
        assert list(stream) == ["Once"]
