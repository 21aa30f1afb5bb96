"""The peer as a WSGI application, for the same web server as ours. Runs in the peer's own virtual environment."""

import os

from medallion import load_app  # type: ignore[import-not-found]  # installed in the peer's environment alone

application = load_app(os.environ["MEDALLION_CONFIG"])
