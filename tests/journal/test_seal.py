import errno
import io
import re
import resource
from functools import cache
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.journal import seal
from tests.journal.samples import bytes_for, flip

KEY, OTHER = seal.new_identity(), seal.new_identity()
TEXT = b"".join(bytes_for("plain", number) for number in range(5000))


@pytest.fixture
def sealed(tmp_path):
    (tmp_path / "plain").write_bytes(TEXT)
    seal.seal(tmp_path / "plain", tmp_path / "sealed", recipients=[seal.recipient_of(KEY)])
    return tmp_path / "sealed"


@cache
def sealed_once():
    return pyrage.encrypt(TEXT, [pyrage.x25519.Recipient.from_str(seal.recipient_of(KEY))])


def opened(path, *keys, **more):
    seal.unseal(path, path.with_name("opened"), identities=keys or (KEY,), **more)
    return path.with_name("opened").read_bytes()


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir()) != ["plain", "sealed"]


def test_what_was_sealed_opens_with_the_key_and_says_nothing_before(sealed):
    assert TEXT[:64] not in sealed.read_bytes()
    assert sealed.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert opened(sealed) == TEXT
    assert opened(sealed, OTHER, KEY) == TEXT
    assert sealed.with_name("opened").stat().st_mode & 0o777 == 0o600


def test_the_program_of_the_format_reads_it_and_is_read(sealed):
    key = pyrage.x25519.Identity.from_str(KEY)
    assert pyrage.decrypt(sealed.read_bytes(), [key]) == TEXT
    sealed.write_bytes(pyrage.encrypt(TEXT, [key.to_public()]))
    assert opened(sealed) == TEXT


def test_each_of_several_recipients_opens_it(tmp_path):
    keys = [seal.new_identity() for _turn in range(seal.MAX_RECIPIENTS)]
    (tmp_path / "plain").write_bytes(b"")
    seal.seal(tmp_path / "plain", tmp_path / "sealed", recipients=map(seal.recipient_of, keys))
    assert (tmp_path / "sealed").stat().st_size < seal.MAX_HEADER_BYTES
    assert [opened(tmp_path / "sealed", key) for key in (keys[0], keys[-1])] == [b"", b""]


def test_another_key_does_not_open_it_and_leaves_nothing(sealed):
    for keys in [(OTHER,), ()]:
        with pytest.raises(seal.SealedForAnother):
            seal.unseal(sealed, sealed.with_name("opened"), identities=keys)
    assert not left_behind(sealed.parent)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"age",
        b"age-encryption.org/v2\n-> X25519 x\n",
        b"age-encryption.org/v1",
        b"age-encryption.org/v1\n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        b"PK\x03\x04" + bytes(10_000),
        b"age-encryption.org/v1\n" + b"-> x\n\n" * 10_000,
    ],
)
def test_what_is_no_sealed_file_is_refused(tmp_path, data):
    (tmp_path / "sealed").write_bytes(data)
    with pytest.raises((seal.NotSealed, seal.SealDamaged)):
        opened(tmp_path / "sealed")


def test_a_passphrase_is_no_seal_of_ours(tmp_path):
    (tmp_path / "sealed").write_bytes(pyrage.passphrase.encrypt(b"x", "open"))
    with pytest.raises(seal.SealedForAnother):
        opened(tmp_path / "sealed")


@given(
    st.sampled_from(["flip", "header", "cut", "more"]),
    st.integers(0, 2**32),
    st.binary(min_size=1, max_size=50),
)
def test_every_cut_and_every_changed_bit_is_refused(tmp_path_factory, how, at, more):
    folder = tmp_path_factory.mktemp("seal")
    (folder / "plain").write_bytes(TEXT)
    whole = sealed_once()
    changed = {
        "flip": lambda: flip(whole, at % (len(whole) * 8)),
        "header": lambda: flip(whole, at % 2000),
        "cut": lambda: whole[: at % len(whole)],
        "more": lambda: whole + more,
    }
    (folder / "sealed").write_bytes(changed[how]())
    with pytest.raises((seal.NotSealed, seal.SealDamaged, seal.SealedForAnother)):
        opened(folder / "sealed")
    assert not left_behind(folder)


def test_damage_at_the_end_is_told_and_leaves_nothing(sealed):
    sealed.write_bytes(sealed.read_bytes()[:-1])
    with pytest.raises(seal.SealDamaged):
        opened(sealed)
    assert not left_behind(sealed.parent)


def test_no_more_comes_out_than_is_taken(sealed):
    assert opened(sealed, limit=len(TEXT)) == TEXT
    sealed.with_name("opened").unlink()
    with pytest.raises(seal.SealTooLarge, match=str(len(TEXT) - 1)):
        opened(sealed, limit=len(TEXT) - 1)
    assert not left_behind(sealed.parent)


def test_a_full_disk_is_no_fault_of_the_file(sealed):
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        seal._decrypt(io.BytesIO(sealed.read_bytes()), seal._Bounded(full, 10**9), [seal._identity(KEY)])
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(OSError, match="No space left") as told,
    ):
        seal._encrypt(io.BytesIO(TEXT), full, [seal._recipient(seal.recipient_of(KEY))])
    assert told.value.errno == errno.ENOSPC


def test_a_key_that_is_none_is_refused_and_a_secret_is_not_repeated(sealed):
    with pytest.raises(seal.KeyRefused, match="age1no"):
        seal.seal(sealed, sealed.with_name("again"), recipients=["age1no"])
    for wrong in (KEY[:-1], KEY.lower() + "x", "", seal.recipient_of(KEY)):
        with pytest.raises(seal.KeyRefused, match=r"^this is no identity of age$"):
            opened(sealed, wrong)
    with pytest.raises(seal.KeyRefused):
        seal.check_recipient(KEY)
    for some in ([], [seal.recipient_of(KEY)] * 33):
        with pytest.raises(seal.KeyRefused, match="1 to 32"):
            seal.seal(sealed, sealed.with_name("again"), recipients=some)


def test_memory_does_not_grow_with_the_file(tmp_path):
    with (tmp_path / "plain").open("wb") as file:
        file.truncate(100_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seal.seal(tmp_path / "plain", tmp_path / "sealed", recipients=[seal.recipient_of(KEY)])
    seal.unseal(tmp_path / "sealed", tmp_path / "opened", identities=[KEY])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    assert (tmp_path / "opened").stat().st_size == 100_000_000


def test_a_recipient_is_text_that_a_card_can_hold():
    assert re.fullmatch(r"age1[a-z0-9]{58}", seal.recipient_of(KEY))
    seal.check_recipient(seal.recipient_of(KEY))
