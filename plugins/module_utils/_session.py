# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The one place of HTTP: proxies, TLS, time limits, and bodies that are not what their headers say."""

from __future__ import annotations

import dataclasses
import functools
import ssl
import typing as t
import urllib.parse
import warnings
import zlib

from ansible_collections.mailflow.exchange_online.plugins.module_utils._deps import requests, urllib3
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError

#: Bytes of a body, packed and unpacked. A page of a thousand connectors has some three million.
BODY_LIMIT = 64 * 1024 * 1024
USER_AGENT = "ansible-collection-mailflow.exchange_online"

TransportKind = t.Literal[
    "never_connected",  # nothing was sent
    "untrusted",  # TLS could not be set up, or not with a server that is trusted; nothing was sent
    "timed_out",  # sent, and no answer in time
    "lost",  # perhaps sent, and the connection ended before an answer
]

# OpenSSL's reasons that belong to the handshake, that is, before any request.
_HANDSHAKE_REASONS = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "HTTP_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)


class TransportFailure(Exception):
    """No answer. The text is the end of a sentence such as "Exchange Online could not be reached: ..."."""

    def __init__(self, kind: TransportKind, text: str) -> None:
        super().__init__(text)
        self.kind: TransportKind = kind
        self.text = text


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer. Header names are in lower case; ``damaged`` says that the body is not whole."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes = dataclasses.field(repr=False)
    damaged: bool = False


class Http:
    """One session: connections that are kept, cookies, and rules that no environment variable bends.

    ``requests`` lets REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE replace a session's CA file, reads passwords from .netrc
    and follows redirects. Here none of it happens; the proxy variables and NO_PROXY are honoured all the same.
    """

    def __init__(
        self, *, trust: ssl.SSLContext | None, timeout: float, connections: int = 1, proxies: bool = True
    ) -> None:
        """``trust``: see trust_of; None trusts everybody."""
        self._timeout = timeout
        self._use_proxies = proxies
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = trust is not None
        # Not even looked at: requests would read the whole body of a redirection, and trip over its address.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        adapter = _adapter(trust, connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Python's own answer to a cookie with a date that is none: a traceback.
        warnings.filterwarnings("ignore", message="http.cookiejar bug!", category=UserWarning)
        if trust is None:
            warnings.filterwarnings("ignore", category=urllib3.exceptions.InsecureRequestWarning)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: t.Mapping[str, str],
        body: bytes | str | None = None,
        patience: float = 0.0,
    ) -> Reply:
        """Send one request, once, and return its answer whatever its status. Raises TransportFailure.

        ``patience``: seconds to wait for it at least, whatever the session's time-out.
        """
        timeout = max(self._timeout, patience)
        proxies = proxies_for(url) if self._use_proxies else {}
        try:
            response = self._session.request(
                method,
                url,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers},
                data=body,
                proxies=proxies,
                timeout=(self._timeout, timeout),
                allow_redirects=False,
                stream=True,
            )
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            # No "from": the original text may show a proxy's password.
            raise _transport_failure(problem, url, proxies, timeout) from None
        with response:
            packed, damaged = _read_raw(response)
        names = {name.lower(): value for name, value in response.headers.items()}
        content, whole = unpack(packed)
        return Reply(response.status_code, names, content, damaged or not whole)

    def close(self) -> None:
        self._session.close()


def trust_of(options: t.Mapping[str, t.Any]) -> ssl.SSLContext | None:
    """Return how certificates are verified for these options; None for not at all.

    Raises InputError when ``ca_path`` is of no use.
    """
    path = options.get("ca_path")
    if options.get("validate_certs") is False:
        return None
    if not path:
        return usual_trust()
    try:
        return trust_in(path)
    except ssl.SSLError:
        raise InputError(
            [f"ca_path: '{path}' holds no certificate in PEM form; give a file of CA certificates."]
        ) from None
    except OSError as problem:
        raise InputError(
            [f"ca_path: '{path}' cannot be read: {problem.strerror}; give a file of CA certificates."]
        ) from None


@functools.lru_cache(maxsize=1)
def usual_trust() -> ssl.SSLContext:
    """Return the trust in the certification authorities that come with requests.

    To read them takes 12 ms of a processor, and urllib3 would do it for each connection. Raises ExchangeError of kind
    ``dependency`` when they cannot be read.
    """
    path = requests.utils.DEFAULT_CA_BUNDLE_PATH
    try:
        return trust_in(requests.utils.extract_zipped_paths(path))  # type: ignore[no-untyped-call]
    except OSError as problem:
        raise ExchangeError(
            "dependency",
            f"The certificates that the Python library requests trusts cannot be read from {path}"
            f" ({problem.strerror}); install certifi and requests anew, or set ca_path.",
        ) from None


def trust_in(path: str) -> ssl.SSLContext:
    """Return the trust in the certification authorities of a file. Raises ssl.SSLError or OSError."""
    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(cafile=path)
    return context


@functools.cache
def _trusting() -> t.Callable[..., requests.adapters.HTTPAdapter]:
    """Return the class of what makes connections that all verify by the same context.

    Methods of a class, and not functions put on an instance: that would refer to itself, and its connections would stay
    open until the garbage collector comes by.
    """

    class Trusting(requests.adapters.HTTPAdapter):
        def __init__(self, trust: ssl.SSLContext, **options: t.Any) -> None:
            self._trust = trust
            super().__init__(**options)

        def init_poolmanager(self, *sizes: t.Any, **options: t.Any) -> None:
            super().init_poolmanager(*sizes, **options, ssl_context=self._trust)

        def proxy_manager_for(self, proxy: str, **options: t.Any) -> urllib3.ProxyManager:
            # What speaks SOCKS speaks no TLS itself.
            its_own = {} if proxy.lower().startswith("socks") else {"proxy_ssl_context": self._trust}
            options.update(its_own, ssl_context=self._trust)
            return t.cast("urllib3.ProxyManager", super().proxy_manager_for(proxy, **options))

        def cert_verify(self, *_args: object, **_options: object) -> None:
            """Do nothing: requests would have each connection read the certificates that come with it."""

    return Trusting


def _adapter(trust: ssl.SSLContext | None, connections: int) -> requests.adapters.HTTPAdapter:
    if trust is None:
        return requests.adapters.HTTPAdapter(pool_maxsize=connections, max_retries=0)
    return _trusting()(trust, pool_maxsize=connections, max_retries=0)


def proxies_for(url: str) -> dict[str, str]:
    """Return the proxies that the environment names for this URL, none if NO_PROXY covers it."""
    return dict(requests.utils.get_environ_proxies(url))


def unpack(content: bytes, limit: int = BODY_LIMIT) -> tuple[bytes, bool]:
    """Return the content, unzipped if it is zipped, and whether it is whole.

    What Content-Encoding says is not asked: Exchange Online labels bodies as gzip that are not.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content, True
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(content, limit)
    except zlib.error:
        return content, False
    return plain, unzip.eof


def _read_raw(response: requests.Response) -> tuple[bytes, bool]:
    """Return the bytes as they came and whether something is amiss with them."""
    try:
        content = response.raw.read(BODY_LIMIT + 1, decode_content=False) or b""
    except (urllib3.exceptions.HTTPError, OSError):
        return b"", True
    announced = response.headers.get("Content-Length", "")
    length = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0
    short = len(content) < length and response.request.method != "HEAD"
    return content[:BODY_LIMIT], short or len(content) > BODY_LIMIT


def _transport_failure(
    problem: BaseException, url: str, proxies: t.Mapping[str, str], timeout: float
) -> TransportFailure:
    causes = list(_causes(problem))
    where = _where(url, proxies)
    for cause in causes:
        # urllib3 1.26 compares the name itself and has a class of its own for what it finds.
        if isinstance(cause, ssl.SSLCertVerificationError) or type(cause).__name__ == "CertificateError":
            reason = getattr(cause, "verify_message", None) or "it is for another name"
            return TransportFailure("untrusted", f"the certificate of {where} is not trusted ({reason}); see ca_path")
        if isinstance(cause, ssl.SSLError) and cause.reason in _HANDSHAKE_REASONS:
            return TransportFailure("untrusted", f"{where} does not speak TLS as expected ({cause.reason})")
    never = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError)
    if any(isinstance(cause, (*never, urllib3.exceptions.ProxyError)) for cause in causes):
        return TransportFailure("never_connected", f"no connection to {where} ({_reason(causes)})")
    if any(isinstance(cause, (urllib3.exceptions.TimeoutError, TimeoutError)) for cause in causes):
        return TransportFailure("timed_out", f"no answer from {where} within {timeout:g} s (timeout)")
    if isinstance(problem, (requests.exceptions.InvalidURL, requests.exceptions.InvalidProxyURL, ValueError)):
        return TransportFailure("never_connected", f"the address of {where} cannot be used")
    return TransportFailure("lost", f"the connection to {where} ended before the answer")


def _causes(problem: BaseException) -> t.Iterator[BaseException]:
    """An exception and those that it wraps, in the several ways in which requests and urllib3 wrap them."""
    pending: list[object] = [problem]
    seen: set[int] = set()
    while pending and len(seen) < 30:
        current = pending.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (getattr(current, "reason", None), getattr(current, "original_error", None))
        pending += [*wrapped, *current.args, current.__cause__, current.__context__]


def _where(url: str, proxies: t.Mapping[str, str]) -> str:
    parts = urllib.parse.urlsplit(url)
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return parts.netloc.rpartition("@")[2]
    address = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]
    return f"{parts.netloc.rpartition('@')[2]} through the proxy {address}"


def _reason(causes: t.Sequence[BaseException]) -> str:
    """The operating system's words for why there is no connection; other texts may show the proxy's password."""
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    if any(isinstance(cause, (urllib3.exceptions.ConnectTimeoutError, TimeoutError)) for cause in causes):
        return "timed out"
    if any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes):
        return "the proxy refused"
    return "not reachable"
