"""Who somebody is: a handle exactly as spelt, with its password."""

from django.contrib.auth.backends import ModelBackend
from django.db import connections, router

from commonwatch.access.models import Account

_COLUMNS = ("id", "password", "handle", "party", "is_active", "language")
_READ = 'SELECT "id", "password", "handle", "party", "is_active", "language" FROM "access_account" WHERE "id" = %s'


class HandleBackend(ModelBackend):
    """Sign-in by handle and password.

    Django hashes once for an unknown handle, an account without a password and a closed one as well, so that the time
    taken tells nothing.
    """

    def get_user(self, user_id: int) -> Account | None:
        """Return the open account of a session as it is now, by a statement of its own: every request asks for one."""
        alias = router.db_for_read(Account)
        with connections[alias].cursor() as cursor:
            cursor.execute(_READ, (user_id,))
            row = cursor.fetchone()
        if row is None:
            return None
        found = Account.from_db(alias, _COLUMNS, row)
        found.is_active = bool(found.is_active)  # SQLite says 1
        return found if self.user_can_authenticate(found) else None
