"""`python -m commonwatch` is the command `commonwatch`."""

from commonwatch.config.cli import main

if __name__ == "__main__":
    main(prog_name="commonwatch")
