"""Sign up with an address, and confirm it by the link that is mailed there."""

from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST


@require_POST
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a user who cannot log in yet, and mail the link."""
    address = request.POST["address"]
    User.objects.create_user(address, address, is_active=False)
    link = request.build_absolute_uri(reverse("confirm", args=[signing.dumps(address)]))
    letter = EmailMultiAlternatives("Confirm your address", f"Welcome! Please go to\n{link}\n", to=[address])
    letter.attach_alternative(format_html('<p>Welcome! <a href="{}">Confirm your address</a>', link), "text/html")
    letter.send()
    return HttpResponse("We have sent you a mail.")


def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Let the user in who got the link."""
    try:
        address = signing.loads(token, max_age=24 * 3600)
    except signing.BadSignature:
        return HttpResponseBadRequest("This link is too old, or not ours.")
    User.objects.filter(username=address).update(is_active=True)
    return HttpResponse(f"Welcome, {address}!")


urlpatterns = [path("sign-up", sign_up), path("confirm/<token>", confirm, name="confirm")]
