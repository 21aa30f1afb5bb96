"""Making a node and bringing its database up to date."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from commonwatch.access.seats import offices_of
from commonwatch.charter import pack as charter_pack
from commonwatch.charter.model import Pack
from commonwatch.config import place
from commonwatch.config.commands import adopting
from commonwatch.config.opening import open_node
from commonwatch.errors import Refusal, _
from commonwatch.register import seal


class OtherPack(Refusal):
    """The home belongs to another organisation."""

    code, status = "config.other-pack", 409
    says = _("The node in {home} was made with the pack {old}, not {new}.")
    hint = _("Choose another folder with --home: a node belongs to one organisation for life.")


class OtherParty(Refusal):
    """The home is the node of another party."""

    code, status = "config.other-party", 409
    says = _("The node in {home} is that of {old}, not of {new}.")
    hint = _("Choose another folder with --home: a node belongs to one party for life.")


class NoSuchParty(Refusal):
    """The pack has no such party."""

    code, status = "config.no-such-party", 422
    says = _("The organisation has no party {party}.")
    hint = _("Its parties are: {known}.")


def make(home: Path, party: str = "", *, moves: bool = False) -> dict[str, Any]:
    """Make whatever of a node is not there yet; return what was made, what was found, and whose node it is.

    `party` says whose node it is; the pack's center where nothing is said or remembered. With `moves` nothing is
    written yet: the party was hosted so far, and its journals go on where they stand.

    :raises PackRefused: when the pack has faults; then nothing is made.
    :raises OtherPack, OtherParty, NoSuchParty: when the folder was made for another pack or party, or there is none.
    """
    home = home.resolve()
    pack = charter_pack.load(settings.PACK)
    _hold_to_pack(home, place.named_pack(settings.PACK))
    party = _hold_to_party(home, party, pack)
    done: dict[str, list[str]] = {"made": [], "found": []}
    _note(done, f"folder {home}", was=home.is_dir())
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not any(home.iterdir()):
        home.chmod(0o700)
    if not (home / "pack").is_file():
        place.remember_pack(home, settings.PACK)
    place.remember_party(home, party)
    _note(done, f"{home / 'secret'}, which signs sessions", was=(home / "secret").exists())
    place.write_secret(home)
    changes = lacking()
    for alias in connections:
        call_command("migrate", database=alias, verbosity=0, interactive=False, skip_checks=True)
    said = f", {changes} changes applied" if changes else ""
    _note(done, f"database ({connections['default'].vendor}){said}", was=not changes)
    key = home / "keys" / f"{party}.seed"
    _note(done, f"key {key}", was=key.exists())
    _open(pack)
    if not moves:
        adopted = adopting.first(pack, settings.PACK)
        _note(done, f"pack {pack.organisation} {pack.version}, adopted", was=not adopted)
    return {
        **done,
        "home": str(home),
        "party": party,
        "organisation": pack.organisation,
        "office": _office(party),
    }


def _note(done: dict[str, list[str]], what: str, *, was: bool) -> None:
    done["found" if was else "made"].append(what)


def _hold_to_pack(home: Path, new: str) -> None:
    remembered = home / "pack"
    old = remembered.read_text().strip() if remembered.is_file() else new
    if old != new:
        raise OtherPack(home=home, old=old, new=new)


def _hold_to_party(home: Path, new: str, pack: Pack) -> str:
    """Return whose node it is; a home belongs to one party for life."""
    remembered = place.party(home) or ("" if not (home / "pack").is_file() else pack.center)
    if new and remembered and new != remembered:
        raise OtherParty(home=home, old=remembered, new=new)
    if new and not pack.has_party(new):
        raise NoSuchParty(party=new, known=", ".join(each.code for each in pack.parties))
    return new or remembered or pack.center


def _open(pack: Pack) -> None:
    """Open the node once: its key is made, and what it has signed is held against its guard."""
    node = open_node()
    node.signer(party=node.party, origin=f"{pack.organisation}/{node.party}/init")
    seal.check_guard(node)


def _office(party: str) -> str:
    """Name the office of a party that invites people to the others; the first one where no office does."""
    offices = offices_of(party)
    inviting = [each for each in offices if "access.administer-people" in each.mandates]
    return next((each.code for each in (*inviting, *offices)), "OFFICE")


def lacking() -> int:
    """Count the changes of this version that the database has not had yet.

    :raises OSError: when the home of an SQLite database cannot be written.
    """
    name = connections["default"].settings_dict["NAME"]
    if connections["default"].vendor == "sqlite" and not os.access(Path(name).parent, os.W_OK):
        raise PermissionError(13, "the folder cannot be written", str(Path(name).parent))
    return max(_lacking(alias) for alias in connections)


def _lacking(alias: str) -> int:
    executor = MigrationExecutor(connections[alias])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
