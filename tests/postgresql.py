"""Houses on PostgreSQL: each on a database of its own, made from a template with every table and no row.

They stand there as a plain role that owns its tables, so that the second wall holds the tests as it holds a node.
"""

from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connections

from commonwatch.config import place
from tests.postgres import create

_TEMPLATES = {}


@contextmanager
def standing_on(alias, url):
    """Let an alias stand for a PostgreSQL database."""
    before = connections.settings.get(alias)
    described = connections.configure_settings({"default": place.postgresql(url)})["default"]
    if hasattr(connections._connections, alias):
        connections[alias].close()
        delattr(connections._connections, alias)
    connections.settings[alias] = described
    try:
        yield
    finally:
        connections[alias].close()
        delattr(connections._connections, alias)
        if before is None:
            del connections.settings[alias]
        else:
            connections.settings[alias] = before


@pytest.fixture(scope="session")
def template_url(postgres_url, django_db_blocker):
    """A PostgreSQL database with every table and no row; every module that asks for it is given the same."""
    if postgres_url not in _TEMPLATES:
        url = create(postgres_url, name="template_empty")
        with django_db_blocker.unblock(), standing_on("default", url):
            call_command("migrate", verbosity=0)
        _TEMPLATES[postgres_url] = url
    return _TEMPLATES[postgres_url]


@pytest.fixture
def fresh_url(postgres_url, template_url):
    """A function that makes a database from the template and returns its URL; they are dropped after the test."""
    import psycopg

    made = []

    def fresh():
        made.append(create(postgres_url, template=_name(template_url)))
        return made[-1]

    yield fresh
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for url in made:
            connection.execute(f'DROP DATABASE "{_name(url)}" WITH (FORCE)')


def _name(url):
    return urlsplit(url).path.strip("/")
