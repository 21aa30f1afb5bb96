"""Django's settings. What an operator sets comes from the environment; see docs/operating/settings.md."""

import os

from commonwatch.config import place, provider

HOME = place.home()
PACK = place.pack_folder()
DEMO = os.environ.get("COMMONWATCH_DEMO") == "1"
SECRET_KEY = place.secret_key(HOME)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("COMMONWATCH_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [each for each in os.environ.get("COMMONWATCH_ORIGINS", "").split(",") if each]
SECURE = os.environ.get("COMMONWATCH_HTTPS") == "1"
PROXIES = int(os.environ.get("COMMONWATCH_PROXIES", "0"))
BREACHED = os.environ.get("COMMONWATCH_BREACHED", "")
PROVIDER = provider.read(os.environ.get("COMMONWATCH_OIDC", ""))
MAIL = os.environ.get("COMMONWATCH_MAIL", "")
MAIL_FROM = os.environ.get("COMMONWATCH_MAIL_FROM", "commonwatch@localhost")
PUBLIC_URL = os.environ.get("COMMONWATCH_URL", "")
WEBHOOKS_ALLOW = [each for each in os.environ.get("COMMONWATCH_WEBHOOKS_ALLOW", "").split(",") if each]
PEERS_CA = os.environ.get("COMMONWATCH_PEERS_CA", "")
PEERS_PLAIN = frozenset(filter(None, os.environ.get("COMMONWATCH_PEERS_PLAIN", "").split(",")))
IN_CI = bool(os.environ.get("CI"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
    "commonwatch.ui",  # before allauth, whose pages it draws
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *([provider.APP] if PROVIDER else []),
    "commonwatch.register",
    "commonwatch.access",
    "commonwatch.federation",
    "commonwatch.desks.exchange",
    "commonwatch.desks.traffic",
    "commonwatch.desks.summaries",
    "commonwatch.desks.shifts",
    "commonwatch.desks.drills",
    "commonwatch.desks.notices",
    "commonwatch.config",
]

MIDDLEWARE = [
    "commonwatch.ui.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "commonwatch.ui.compact.CompactMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "commonwatch.ui.idle.IdleMiddleware",
    "commonwatch.ui.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "commonwatch.ui.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "commonwatch.config.urls"
WSGI_APPLICATION = "commonwatch.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "commonwatch.config.frame.frame",
            ],
        },
    }
]

DATABASES = {"default": place.database(HOME)}
DATABASES |= place.aside(HOME, DATABASES["default"])
DATABASE_ROUTERS = ["commonwatch.register.node.Router", "commonwatch.config.place.Lines"]
LOG_DAYS = int(os.environ.get("COMMONWATCH_LOG_DAYS", "400"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = ["commonwatch.access.backends.HandleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "commonwatch.access.passwords.Length"},
    {"NAME": "commonwatch.access.passwords.Guessable"},
    {"NAME": "commonwatch.access.passwords.Breached"},
]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "access_remembered",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

ACCOUNT_ADAPTER = "commonwatch.access.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "handle"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"  # of the address to which a provider leads back
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = False  # access.limits counts by one statement; allauth reads a list and writes it back
ACCOUNT_FORMS = {"reauthenticate": "commonwatch.access.codes.GivePasswordAgain"}
MFA_ADAPTER = "commonwatch.access.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # there is no mail
MFA_REAUTHENTICATION_REQUIRED = True
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "commonwatch.access.codes.GiveCode",
    "reauthenticate": "commonwatch.access.codes.GiveCodeAgain",
    "activate_totp": "commonwatch.access.codes.SetUpApp",
    "authenticate_webauthn": "commonwatch.access.codes.GiveKey",
    "reauthenticate_webauthn": "commonwatch.access.codes.GiveKeyAgain",
    "add_webauthn": "commonwatch.access.codes.AddKey",
}
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_ADAPTER = "commonwatch.access.provided.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = provider.described(PROVIDER)
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
LOGIN_URL = "/sign-in/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = SECURE
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "commonwatch.access.kept"
SESSION_COOKIE_AGE = 12 * 3600
IDLE_SECONDS = 60 * int(os.environ.get("COMMONWATCH_IDLE", "60"))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
# A browser takes a cookie whose name begins so from this host alone, by https, and for every path.
SESSION_COOKIE_NAME = "__Host-commonwatch" if SECURE else "commonwatch"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "commonwatch.ui.refusals.too_old"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE and os.environ.get("COMMONWATCH_HSTS_SUBDOMAINS") == "1"
if SECURE and PROXIES:
    # The web server in front says how people came; without one of our own nobody is believed.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health$"]
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether every other host of the domain speaks https is for its owner to say
    "security.W008",  # the node speaks http to the web server in front; that one leads people to https
    "security.W021",  # a list in browsers is entered by the owner of the domain
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'", *provider.origins(PROVIDER)],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# Beyond these a request is answered 413 before its body is read; UPLOAD_MOST is for forms with a file.
UPLOAD_MOST = 24 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2
FILE_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django.request": {"level": "ERROR"}},  # a 404 is no news
    "root": {"handlers": ["console"], "level": os.environ.get("COMMONWATCH_LOG", "WARNING")},
}
