"""What kind of file this is, judged by its first bytes and never by its name."""

from commonwatch.errors import _
from commonwatch.formats.sheets import refusals
from commonwatch.formats.sheets.grid import MOST_BYTES
from commonwatch.formats.sheets.package import Package

OLD_EXCEL = _("an old Excel workbook (.xls)")
OPEN_DOCUMENT = _("an OpenDocument file (.ods)")
BINARY_EXCEL = _("a binary Excel workbook (.xlsb)")
ARCHIVE = _("an archive and no spreadsheet")
WEB_PAGE = _("a web page")
XML_TEXT = _("an XML document")
PDF = _("a PDF document")
RICH_TEXT = _("a text document (.rtf)")
PICTURE = _("a picture")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS = (
    (b"\x09\x08\x10\x00", OLD_EXCEL),
    (b"\x09\x04\x06\x00", OLD_EXCEL),
    (b"\x09\x02\x06\x00", OLD_EXCEL),
    (b"\x09\x00\x04\x00", OLD_EXCEL),
    (b"%PDF", PDF),
    (b"{\\rtf", RICH_TEXT),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf", ARCHIVE),
    (b"Rar!", ARCHIVE),
)
_WEB = ("<!doctype html", "<html", "<table", "<head", "<body", "<meta", "<style")


def opened(data: bytes, *, filename: str) -> Package | None:
    """Give the opened archive of an .xlsx workbook, or None when the file is to be read as text.

    :raises SheetRefused: for what is neither, saying what it is.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise refusals.FileEmpty(filename=filename)
    if len(data) > MOST_BYTES:
        raise refusals.FileTooLarge(filename=filename, most=MOST_BYTES // 1024 // 1024)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise refusals.Protected(filename=filename)
        raise refusals.OtherFormat(filename=filename, kind=OLD_EXCEL)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _workbook(data, filename=filename)
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            raise refusals.OtherFormat(filename=filename, kind=kind)
    _check_no_markup(data, filename=filename)
    return None


def _workbook(data: bytes, *, filename: str) -> Package:
    package = Package(data, filename=filename)
    if package.small("mimetype").startswith(b"application/vnd.oasis.opendocument"):
        raise refusals.OtherFormat(filename=filename, kind=OPEN_DOCUMENT)
    if "xl/workbook.bin" in package:
        raise refusals.OtherFormat(filename=filename, kind=BINARY_EXCEL)
    if "[Content_Types].xml" not in package or not any(part.startswith("xl/") for part in package):
        raise refusals.OtherFormat(filename=filename, kind=ARCHIVE)
    return package


def _check_no_markup(data: bytes, *, filename: str) -> None:
    """Refuse web pages and XML, which some systems save under the name of a spreadsheet."""
    head = data[:1024].replace(b"\0", b"").decode("latin-1").lstrip("\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith(_WEB) or (head.startswith(("<?xml", "<!--")) and "<html" in head):
        raise refusals.OtherFormat(filename=filename, kind=WEB_PAGE)
    if head.startswith("<?xml"):
        raise refusals.OtherFormat(filename=filename, kind=XML_TEXT)
