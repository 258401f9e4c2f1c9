"""The settings of production, as far as this needs any: the tests do not change a line of them."""

ALLOWED_HOSTS = ["shop.example"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}}
DEFAULT_FROM_EMAIL = "The shop <hello@shop.example>"
EMAIL_HOST = "smtp.shop.example"
EMAIL_PORT = 587
EMAIL_USE_TLS = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
ROOT_URLCONF = "django_signup.signup"
SECRET_KEY = "of production"
STATIC_URL = "/static/"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
