"""`python -m tests.house.packs`: check every organisation pack that is shipped."""

import sys
from pathlib import Path

from commonwatch.charter.pack import check

PACKS = Path(__file__).resolve().parents[2] / "organisations"


def shipped():
    return sorted(path.parent for path in PACKS.glob("*/organisation.yaml"))


def main():
    faults = {folder.name: check(folder) for folder in shipped()}
    for name, found in faults.items():
        print(f"{name}: {len(found)} faults" if found else f"{name}: holds")
        for fault in found:
            print(f"  {fault}")
    return 1 if any(faults.values()) or not faults else 0


if __name__ == "__main__":
    sys.exit(main())
