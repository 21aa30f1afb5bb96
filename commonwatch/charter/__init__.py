"""The organisation as data: parties, bodies, labels, information types and procedures read from a pack. No Django."""
