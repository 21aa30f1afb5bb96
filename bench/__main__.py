"""`python -m bench [NAME ...] [--quick] [--profile]`: each bench in a process of its own, one after the other."""

import argparse
import subprocess
import sys

from bench.measure import ROOT

BENCHES = {
    "intake": "reports by HTTP in batches, beside medallion, raw inserts and COPY",
    "single": "single reports from many clients, and waits for the disk",
    "watch": "the Watch page with a million entries behind it",
    "desk": "the duty officer's pages, and search, with two years of reports behind them",
    "live": "what many open boards use of a core when nothing happens",
    "visibility": "pages and lists with many audiences beside the same with one, and the check of a label",
    "summary": "a summary of 200 parts as PDF, beside the library alone",
    "verify": "proving a million entries, beside plain hashing",
    "bundle": "100,000 entries for another node: made, sealed, opened and read, beside tar and cp",
    "sync": "catching up 100,000 entries between two nodes, beside intake and rsync; a round without news",
    "rebuild": "folding a million entries, beside bulk_create",
    "sizing": "what a node costs at 10^4, 10^5 and 10^6 entries",
    "idle": "memory of the demonstration at rest",
}


def main() -> int:
    """Run the benches named, all when none is; return 1 when a promise is not kept and 2 when a bench fails."""
    reader = argparse.ArgumentParser(
        prog="python -m bench", epilog="; ".join(f"{k}: {v}" for k, v in BENCHES.items())
    )
    reader.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    reader.add_argument(
        "--quick", action="store_true", help="small sizes, to see that it works; judges nothing"
    )
    reader.add_argument("--profile", action="store_true", help="intake: show where the time goes instead")
    asked = reader.parse_args()
    unknown = sorted(set(asked.names) - set(BENCHES))
    if unknown:
        reader.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    flags = [f"--{flag}" for flag in ("quick", "profile") if getattr(asked, flag)]
    codes = [_run(name, flags) for name in asked.names or BENCHES]
    if any(code not in {0, 1} for code in codes):
        return 2
    return int(not asked.quick and any(codes))


def _run(name: str, flags: list[str]) -> int:
    print(f"{name}: {BENCHES[name]}", flush=True)
    return subprocess.run([sys.executable, "-m", f"bench.{name}", *flags], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
