"""Django's own commands (migrations, messages), for those who work on the code."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    execute_from_command_line(sys.argv)
