"""A company's network on loopback: a certificate authority, servers that speak TLS, a proxy."""

import contextlib
import datetime
import ipaddress
import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .servers import ClientGoneError, Connection, Script

#: A host that only the proxy knows.
HOST = "api.example.test"

DAY = datetime.timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """A certificate authority; its own certificate is the file `pem`."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("A company")
        self.pem = self.folder / "company.pem"
        certificate = self._certificate(self._name, self._key, is_authority=True)
        self.pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.der = certificate.public_bytes(serialization.Encoding.DER)

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        names: tuple[str, ...] = (),
        begins: datetime.timedelta = -DAY,
        is_authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + begins + 2 * DAY)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            # Python 3.13 asks for these.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
        )
        if is_authority:
            usage = x509.KeyUsage(*[each in (5, 6) for each in range(9)])  # signs certificates
            builder = builder.add_extension(usage, critical=True)
        if names:
            listed: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
            listed.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
            builder = builder.add_extension(x509.SubjectAlternativeName(listed), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def server(self, *names: str, begins: datetime.timedelta = -DAY) -> ssl.SSLContext:
        """What a server of these names needs, its certificate valid for two days."""
        names = names or (HOST, "localhost")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(_name(names[0]), key, names=names, begins=begins)
        path = self.folder / f"{names[0]}{begins.days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def over_tls(context: ssl.SSLContext, script: Script) -> Script:
    """The script, played once TLS is negotiated."""

    def played(connection: Connection) -> None:
        try:
            connection.socket = context.wrap_socket(connection.socket, server_side=True)
        except OSError:  # a client that does not trust it
            raise ClientGoneError from None
        with contextlib.closing(connection.socket):
            script(connection)

    return played


def proxying(port: Callable[[], int], heads: list[bytes] | None = None) -> Script:
    """A proxy for CONNECT; whatever is asked for is on this port of loopback."""

    def script(connection: Connection) -> None:
        head = connection.read_headers()
        if heads is not None:
            heads.append(head)
        with socket.create_connection(("127.0.0.1", port())) as behind:
            connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {connection.socket: behind, behind: connection.socket}
            while True:
                for ready in select.select([*ends], [], [])[0]:
                    try:
                        data = ready.recv(65536)
                    except OSError:
                        data = b""
                    if not data:
                        return
                    with contextlib.suppress(OSError):
                        ends[ready].sendall(data)

    return script
