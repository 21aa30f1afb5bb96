"""Why a whole file is turned away, each with what to do instead."""

from commonwatch.errors import Refusal, _


class SheetRefused(Refusal):
    """The file as a whole cannot be read. Field `filename` is always given."""

    code, status = "formats.sheet-refused", 422
    says = _("The file {filename} cannot be read as a sheet.")
    hint = _("Save it as .xlsx or as .csv and send it again.")


class FileEmpty(SheetRefused):
    """Nothing is in the file."""

    says = _("The file {filename} is empty.")
    hint = _("Fill in the sheet and send it again.")


class FileTooLarge(SheetRefused):
    """More bytes than are taken. Field: `most` (megabytes)."""

    says = _("The file {filename} is larger than {most} MB.")
    hint = _("Divide the sheet into several files.")


class TooManyRows(SheetRefused):
    """More rows than are taken. Field: `most`."""

    says = _("The sheet in {filename} has more than {most} rows.")
    hint = _("Divide the sheet into files of at most {most} rows.")


class TooManyColumns(SheetRefused):
    """More columns than are taken. Fields: `most`, `row`."""

    says = _("Row {row} of {filename} has more than {most} columns.")
    hint = _("Delete the columns that are not asked for.")


class OtherFormat(SheetRefused):
    """Another kind of file, perhaps under a sheet's name. Field: `kind`."""

    says = _("The file {filename} is {kind}, whatever its name says.")
    hint = _("Open it in a spreadsheet program and save it as .xlsx or as .csv (UTF-8).")


class Protected(SheetRefused):
    """Locked with a password."""

    says = _("The file {filename} is protected with a password.")
    hint = _("Save it without a password and send it again.")


class Damaged(SheetRefused):
    """An .xlsx file that breaks off or contradicts itself. Field: `place`."""

    says = _("The file {filename} is damaged: {place} cannot be read.")
    hint = _("Open it in a spreadsheet program, save it anew as .xlsx and send it again.")


class Bomb(SheetRefused):
    """A file that unpacks to far more than it holds. Field: `place`."""

    says = _("The file {filename} unpacks to more than is accepted ({place}).")
    hint = _("Copy the figures into a new sheet from the template and send that.")


class Entities(SheetRefused):
    """XML that declares a document type or entities, which no spreadsheet program writes. Field: `place`."""

    says = _("The file {filename} declares a document type in {place}, which a spreadsheet never does.")
    hint = _("Copy the figures into a new sheet from the template and send that.")


class EncodingUnknown(SheetRefused):
    """Text in no encoding that is known. Field: `line`."""

    says = _("The letters in {filename} cannot be made out from line {line} on.")
    hint = _("Save it as CSV UTF-8, or as .xlsx, and send it again.")


class NulCharacters(SheetRefused):
    """Text with NUL characters. Field: `line`."""

    says = _("Line {line} of {filename} holds NUL characters, so the file is damaged or no text.")
    hint = _("Save the sheet anew as CSV UTF-8, or as .xlsx, and send it again.")


class QuotesUnbalanced(SheetRefused):
    """A quotation mark that is never closed, or text after a closing one. Fields: `row`, `line`."""

    says = _("In {filename} a quotation mark in row {row} (line {line}) has no counterpart.")
    hint = _("Write a quotation mark inside a cell twice, or save the sheet as .xlsx.")


class CellTooLong(SheetRefused):
    """A cell longer than any that is read. Fields: `row`, `line`, `most` (characters)."""

    says = _("In {filename} a cell in row {row} (line {line}) is longer than {most} characters.")
    hint = _("Shorten the cell, or close a quotation mark that was left open, and send the file again.")


class HeadingsNotFound(SheetRefused):
    """No row with the headings asked for. Fields: `wanted`, `how` (how the file was read)."""

    says = _("No row of {filename} holds the headings that are asked for (the file was read as {how}).")
    hint = _("Use the template. The headings are: {wanted}.")


class SeveralTables(SheetRefused):
    """More than one sheet of a workbook holds the table. Field: `sheets`."""

    says = _("Several sheets of {filename} hold the table: {sheets}.")
    hint = _("Leave one of them in the file, or send one file for each.")
