"""Which journals of a party this node signs, and which say that their key has changed."""

from commonwatch.register.models import Journal


def signed_here(party: str) -> list[Journal]:
    """List the journals of a party that this node signs, closed ones too, by origin."""
    return list(Journal.objects.filter(party=party, ours=True, lost=0, size__gt=0).order_by("origin"))


def changed(*parties: str) -> list[Journal]:
    """List the journals held here whose key has changed, of these parties or of all, by origin."""
    rows = Journal.objects.exclude(changes="").order_by("origin")
    return list(rows.filter(party__in=parties) if parties else rows)
