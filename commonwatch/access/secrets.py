"""The secrets of second factors at rest: encrypted under a key of their own in the node's home.

`factors.key` holds one Fernet key a line. The first encrypts, all decrypt; so a new one is put on top, what is stored
is written anew, and the old one is taken away.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from commonwatch.errors import Broken
from commonwatch.register import node

NAME = "factors.key"


def key_file() -> Path:
    """Return where the keys stand."""
    return node.current().home / NAME


def encrypt(text: str) -> str:
    """Encrypt a secret for keeping."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(kept: str) -> str:
    """Read a kept secret.

    :raises Broken: when none of the keys opens it.
    """
    try:
        return _keys().decrypt(kept.encode()).decode()
    except InvalidToken:
        raise Broken(f"a second factor cannot be read with the keys in {key_file()}") from None


def renewed(kept: str) -> str:
    """Write a kept secret anew under the first key.

    :raises Broken: when none of the keys opens it.
    """
    return encrypt(decrypt(kept))


def add_key() -> None:
    """Put a new key on top: from now on it encrypts; the old ones still decrypt."""
    path = key_file()
    old = path.read_bytes() if path.exists() else b""
    _write(path, Fernet.generate_key() + b"\n" + old).replace(path)


def drop_old_keys() -> None:
    """Keep the first key alone, once nothing is encrypted under the others."""
    path = key_file()
    _write(path, path.read_bytes().split(b"\n")[0] + b"\n").replace(path)


def _keys() -> MultiFernet:
    path = key_file()
    if not path.exists():
        _make(path)
    return MultiFernet([Fernet(line) for line in path.read_bytes().split()])


def _make(path: Path) -> None:
    """Make the first key; of several processes that do so at once, one wins and all use its key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _write(path, Fernet.generate_key() + b"\n")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(path: Path, data: bytes) -> Path:
    """Write a draft beside the file, readable by this account alone, and see it on the disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft
