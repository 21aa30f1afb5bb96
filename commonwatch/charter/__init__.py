"""The organisation as data: parties, labels, information types, procedures, read from a pack. No Django."""
