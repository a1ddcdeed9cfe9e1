"""The web process: what granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")

application = get_wsgi_application()

from tongban.site import prepare, wiring  # noqa: E402 - their models exist only from here on
from tongban.site.parent import stop_without_spawner  # noqa: E402 - likewise

stop_without_spawner()  # else it would hold the port of a server that was killed
prepare.check_keys()
wiring.wire()
