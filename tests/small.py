"""A small organisation, for tests that are about the register and not about a pack."""

from datetime import date

from commonwatch.charter import model


def words(text):
    return {"en": text, "ru": text}


def level(code, rank):
    return model.Level(code=code, rank=rank, name=words(code), banner=words(code), tone="official")


def party(code, kind="state"):
    periods = (model.Period(since=date(2000, 1, 1)),) if kind == "state" else ()
    return model.Party(code=code, kind=kind, name=words(code), short=words(code), membership=periods)


PACK = model.Pack(
    organisation="small",
    name=words("Small"),
    version="1",
    digest="0" * 64,
    languages=("en", "ru"),
    center="CRC",
    labels=model.LabelScheme(
        levels=(level("H0", 0), level("H1", 1), level("H2", 2)),
        categories=(model.Category(code="med", name=words("Medical")),),
    ),
    regulation=model.Regulation(name=words("Regulation"), version="1"),
    parties=(party("AM"), party("BY"), party("KZ"), party("CRC", "organ")),
    types=(),
    offices=(),
    audiences=(
        model.NamedAudience(code="members", name=words("Members"), parties=("@members", "@center")),
        model.NamedAudience(code="center", name=words("Center"), parties=("@center",)),
        model.NamedAudience(code="public", name=words("Public"), parties=("*",)),
    ),
)
