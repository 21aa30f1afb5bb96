"""Check organisation packs by hand: `python -m commonwatch.charter FOLDER …` prints every fault, one a line."""

import sys
from pathlib import Path

from commonwatch.charter.pack import check


def main(folders: list[str]) -> int:
    """Print the faults of each folder and return 1 when there are any, 2 when no folder was named."""
    if not folders:
        sys.stderr.write("Name the folder of a pack: python -m commonwatch.charter FOLDER\n")
        return 2
    faults = [(folder, fault) for folder in folders for fault in check(Path(folder))]
    for folder, fault in faults:
        sys.stdout.write(f"{folder}/{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
