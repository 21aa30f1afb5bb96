"""Who somebody is: a handle exactly as spelt, with its password."""

from django.contrib.auth.backends import ModelBackend


class HandleBackend(ModelBackend):
    """Sign-in by handle and password.

    Django hashes once for an unknown handle, an account without a password and a closed one as well, so that the time
    taken tells nothing.
    """
