"""The web application, for granian's WSGI."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
django.setup(set_prefix=False)

from commonwatch.config.opening import open_node, settle  # noqa: E402 - Django must stand first

open_node()
application = WSGIHandler()
settle()
