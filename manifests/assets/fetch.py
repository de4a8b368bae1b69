"""Lay a bundle's assets into a directory, from the registry that the bundle was pushed to.

    fetch.py places.json DIRECTORY

A file that is there with its digest stays as it is. Each is written beside its place, and moved
there when its digest is right, so that whoever reads meanwhile sees whole files. It runs in the
backend's image: with Python 3.9 and nothing beside its library.
"""

import base64
import hashlib
import json
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

PIECE = 1 << 20
SECONDS = 60
FIELD = re.compile(r'(\w+)="([^"]*)"')


def main():
    """Fetch what is missing, and print what was done; exit with 1 if something failed."""
    places = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    directory = Path(sys.argv[2])
    registry = Registry(places)
    failed = 0
    for asset in places["assets"]:
        try:
            done = fetch(registry, asset, directory)
        except (OSError, ValueError) as error:
            failed += 1
            done = f"failed: {asset['name']}: {error}"
        if done:
            say(done)
    say(f"{len(places['assets'])} assets looked at, {failed} failed")
    return 1 if failed else 0


def fetch(registry, asset, directory):
    """Bring one asset into its place; what to tell of it, if anything."""
    path = directory / asset["name"]
    algorithm, _, digest = asset["digest"].partition(":")
    if path.is_file() and path.stat().st_size == asset["size"]:
        with path.open("rb") as file:
            if hash_of(file, algorithm) == digest:
                return None
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    hasher = hashlib.new(algorithm)
    with registry.blob(asset["digest"]) as answer, part.open("wb") as file:
        for piece in pieces(answer):
            hasher.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if hasher.hexdigest() != digest:
        part.unlink()
        raise ValueError("other bytes came than its digest says")
    part.chmod(0o644)
    part.replace(path)
    return f"fetched: {asset['name']} ({asset['size']:,} bytes)"


class Registry:
    """The registry's blobs. Harbor and most others take a login with each request, others give a
    token for it."""

    def __init__(self, places):
        self.host = places["registry"]
        self.repository = places["repository"]
        self.schemes = ["https", "http"] if places["insecure"] else ["https"]
        self.context = trusting(places)
        self.authorization = login(self.host)

    def blob(self, digest):
        """An open answer with the bytes of the blob."""
        for scheme in self.schemes[:-1]:
            try:
                return self.opened(f"{scheme}://{self.host}", digest)
            except urllib.error.HTTPError:
                raise
            except (urllib.error.URLError, ssl.SSLError):
                continue  # it speaks plain HTTP
        return self.opened(f"{self.schemes[-1]}://{self.host}", digest)

    def opened(self, base, digest):
        """The same from `base`, with a token if it asks for one."""
        url = f"{base}/v2/{self.repository}/blobs/{digest}"
        try:
            return self.asked(url, self.authorization)
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401 or not challenge.lower().startswith("bearer "):
                raise
            return self.asked(url, f"Bearer {self.token(challenge)}")

    def token(self, challenge):
        """A token for what `challenge` asks (distribution: token authentication)."""
        fields = dict(FIELD.findall(challenge))
        query = urllib.parse.urlencode(
            {"service": fields.get("service", ""), "scope": f"repository:{self.repository}:pull"}
        )
        with self.asked(f"{fields['realm']}?{query}", self.authorization) as answer:
            body = json.load(answer)
        return body.get("token") or body["access_token"]

    def asked(self, url, authorization):
        """The answer to a request for `url`, which the site's registry named."""
        request = urllib.request.Request(url)  # noqa: S310 - http and https only
        if authorization:
            # Not sent on to where the registry keeps its bytes, should it lead there.
            request.add_unredirected_header("Authorization", authorization)
        return urllib.request.urlopen(  # noqa: S310 - http and https only
            request, timeout=SECONDS, context=self.context
        )


def trusting(places):
    """What is trusted: the system's authorities and the site's; all where the site says so."""
    context = ssl.create_default_context()
    if places["ca"]:
        context.load_verify_locations(cadata=places["ca"])
    if places["insecure"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def login(host):
    """The Authorization header for `host` by the image pull secret, or nothing."""
    path = Path(os.environ.get("LOGINS", "/nonexistent"))
    known = json.loads(path.read_text(encoding="utf-8"))["auths"] if path.is_file() else {}
    entry = known.get(host) or {}
    auth = entry.get("auth")
    if not auth and entry.get("username"):
        auth = base64.b64encode(f"{entry['username']}:{entry['password']}".encode()).decode()
    return f"Basic {auth}" if auth else ""


def hash_of(file, algorithm):
    """The digest of what is left of `file`, in hex digits."""
    hasher = hashlib.new(algorithm)
    for piece in pieces(file):
        hasher.update(piece)
    return hasher.hexdigest()


def pieces(file):
    """What is left of `file`, in pieces that fit into memory."""
    return iter(lambda: file.read(PIECE), b"")


def say(line):
    """Print at once: the Job's log is what an operator sees."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
