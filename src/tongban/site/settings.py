"""Django's settings, all from the environment; docs/settings.md lists each variable.

Everything that a process writes stands under ``TONGBAN_HOME``.
"""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from tongban.site.database import database_from_url, sqlite_database
from tongban.site.environment import Environment
from tongban.site.logs import configure
from tongban.site.secret import session_secret

ENVIRONMENT = Environment.read()
HOME = ENVIRONMENT.home
NODE = ENVIRONMENT.node
DEMO = ENVIRONMENT.demo
METRICS = ENVIRONMENT.metrics
HOST = ENVIRONMENT.host
PORT = ENVIRONMENT.port
REGION = ENVIRONMENT.region
LOG_SUITE = ENVIRONMENT.log_suite
PEER_ASSURANCE = ENVIRONMENT.peer_assurance

SECRET_KEY = session_secret(HOME / "keys" / "session.secret")
DEBUG = False
ALLOWED_HOSTS = sorted({HOST, "localhost", "127.0.0.1", "[::1]", *ENVIRONMENT.allowed_hosts})
ROOT_URLCONF = "tongban.site.urls"
WSGI_APPLICATION = "tongban.site.wsgi.application"

DATABASES: dict[str, dict[str, Any]] = {
    "default": (
        database_from_url(ENVIRONMENT.database_url)
        if ENVIRONMENT.database_url
        else sqlite_database(HOME / "tongban.sqlite3")
    ),
    # The keys stay outside the main database, with their own short-lived backup.
    "keys": sqlite_database(HOME / "keys" / "keys.sqlite3"),
}
DATABASE_ROUTERS = ["tongban.vault.router.KeysRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "tongban.vault",
    "tongban.work",
    "tongban.evidence",
    "tongban.documents",
    "tongban.places",
    "tongban.identity",
    "tongban.federation",
    "tongban.matters",
    "tongban.agreements",
    "tongban.delivery",
    "tongban.cases",
    "tongban.channels",
    "django_htmx",
    "django.contrib.staticfiles",
    "csp",
]

# No django.contrib sessions and no user table: tongban.channels keeps its own. Every middleware
# costs each request; what is not needed is not here.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tongban.channels.headers.SecurityHeaders",
    "tongban.channels.middleware.Language",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tongban.channels.middleware.Visiting",
    "tongban.channels.middleware.Problems",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "tongban.channels.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "channels" / "locale"]
LANGUAGE_COOKIE_NAME = "tongban_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns about a folder that is missing
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # documents keep files
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600  # seconds, for a name without a hash; hashed names are kept for ever

# A form of text stays small; a file is streamed, and tongban.documents limits it while reading.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_TEMP_DIR = HOME / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
FILE_UPLOAD_PERMISSIONS = 0o600

# TONGBAN_HTTPS says that a proxy in front ends TLS and sets X-Forwarded-Proto.
HTTPS = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "tongban.channels.problems.csrf_failed"
CSRF_COOKIE_NAME = "tongban_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS  # tongban.channels gives its own cookies the same attributes
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],  # the desk shows a document beside the form
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}

LOGGING = configure(ENVIRONMENT.log_level)
SILENCED_SYSTEM_CHECKS: list[str] = []
