"""Which numbers of a mail are one-time codes: a table of mails and pieces of mails as real services write them."""

from __future__ import annotations

import time

import pytest

from mailtrap_lite.message.codes import codes_in

CODES: dict[str, tuple[str, str]] = {
    # English
    "a line": ("Your verification code is 482913.", "482913"),
    "a colon": ("Your code: 4829", "4829"),
    "no space behind the colon": ("Code:482913", "482913"),
    "behind": ("482913 is your Acme verification code", "482913"),
    "a subject in front": ("[Acme] 482913 is your login code. Don't share it.", "482913"),
    "a line of its own": ("Enter this code to sign in to Acme:\n\n482913\n\nIt expires in 10 minutes.", "482913"),
    "a line of its own below a sentence": (
        "Use the code below to finish signing in. It will expire soon.\n\n   482913\n\nThe Acme team",
        "482913",
    ),
    "above its word": ("Hello Bob,\n\n482913\n\nEnter this code in the app within 15 minutes.", "482913"),
    "bold as in Markdown": ("Your one-time code is **482913**", "482913"),
    "in brackets": ("Your security code (482913) is valid for 5 minutes", "482913"),
    "in quotes": ('Use "482913" as your PIN', "482913"),
    "grouped by a space": ("Your Acme code is 482 913", "482913"),
    "grouped by a hyphen": ("Your Acme code is 482-913.", "482913"),
    "grouped by a no-break space": ("Verification code: 482\u00a0913", "482913"),
    "two groups of four": ("Backup code: 4829 1357", "48291357"),
    "digits with spaces": ("Your verification code\n\n4 8 2 9 1 3\n\n", "482913"),
    "prefix of Google": ("G-482913 is your Google verification code.", "482913"),
    "prefix of Facebook": ("FB-48291 is your Facebook confirmation code", "48291"),
    "OTP": ("482913 is the OTP for your transaction of INR 2,499.00 at ACME.", "482913"),
    "OTP after": ("OTP: 7351. Do not share.", "7351"),
    "PIN": ("Your new PIN is 7351", "7351"),
    "passcode": ("Your single-use passcode is 48291357", "48291357"),
    "one-time password": ("Your one-time password is 482913 and expires in 5 minutes.", "482913"),
    "2FA": ("2FA code 482913", "482913"),
    "a code that looks like a year": ("Your code is 2024.", "2024"),
    "a code that looks like a day": ("Your verification code: 20240501", "20240501"),
    "minutes are no code": ("This code expires in 1440 minutes: 482913", "482913"),
    "an order beside it": ("Your code is 482913. Your order 9931847 waits for it.", "482913"),
    "an order before it": ("Order 9931847: your pickup code is 4829", "4829"),
    "a phone beside it": ("Code 482913\n\nQuestions? Call 0800 123 456 or +49 30 1234567.", "482913"),
    "a postal address below": ("Your code:\n482913\n\nAcme Inc., 1 Main Street, San Francisco, CA 94105", "482913"),
    "a copyright below": ("Login code: 482913\n\n© 2024 Acme Inc. All rights reserved.", "482913"),
    "a date beside it": ("Your code of 2024-05-01 14:30 is 482913", "482913"),
    "a price beside it": ("To pay $1299.00 enter the code 482913", "482913"),
    "a card beside it": ("Code 482913 for the payment with your card ending in 4242", "482913"),
    "a link beside it": ("Code 482913 or https://x.test/verify?code=118822&id=55667788", "482913"),
    "a year beside it": ("Since 2011 we care. Your code is 482913.", "482913"),
    "the same twice": ("Your code is 482913.\n\nAgain, your code: 482 913", "482913"),
    "GitHub": (
        "Hey octocat!\n\nA sign in attempt requires further verification because we did not recognize your device. "
        "To complete the sign in, enter the verification code on the unrecognized device.\n\n"
        "Device: Firefox on Linux\nVerification code: 482913\n\nIf you did not attempt to sign in",
        "482913",
    ),
    "Apple": ("Your Apple ID Code is: 482913. Don't share it with anyone.", "482913"),
    "Amazon": (
        "To verify your email address, please use the following One Time Password (OTP):\n\n482913\n\nDo not",
        "482913",
    ),
    "Microsoft": (
        "Microsoft account\nSecurity code\nPlease use the following security code for the account ab**1@x.test.\n"
        "Security code: 4829\nOnly enter this code on an official website.",
        "4829",
    ),
    "Slack": ("Confirm your email address\n\nYour confirmation code is below.\n\n482-913\n\nQuestions about", "482913"),
    "Steam guard with digits": ("Here is the Steam Guard code you need to login to account bob:\n\n48291", "48291"),
    "request in front, number alone": ("Login request\n\n482913\n\nEnter this code to continue.", "482913"),
    "WhatsApp": ("Your WhatsApp code: 482-913\n\nDon't share this code with others", "482913"),
    "word in a table": ("Code\n\n482913", "482913"),
    "account code": ("Your account verification code is 482913", "482913"),
    "a dash": ("Verification code - 482913", "482913"),
    "token word then code": ("Sign-in code (valid until 14:05): 482913", "482913"),
    "Zoom": ("Meeting ID: 812 3456 7890\nPasscode: 739204\nDial by your location +1 646 558 8656", "739204"),
    "Stripe": (
        "A login from a new device on January 5, 2025 at 10:42 AM (UTC).\nIf this was you, enter this code:\n\n"
        "  739 204\n\nIf not, reset your password. Ref 88213377\n\nStripe, 354 Oyster Point Blvd, CA 94080",
        "739204",
    ),
    "a pickup PIN": ("Your package 1Z999AA10123456784 is out for delivery. Delivery PIN: 7392", "7392"),
    "an SMS for apps": ("<#> 739204 is your code. FA+9qCX9VSu", "739204"),
    # German
    "de: Ihr Code lautet": ("Ihr Bestätigungscode lautet: 482913", "482913"),
    "de: Sicherheitscode": ("Dein Sicherheitscode ist 482 913. Er gilt 10 Minuten.", "482913"),
    "de: TAN": ("Ihre TAN für die Überweisung über 1.250,00 EUR: 482913", "482913"),
    "de: behind": ("482913 ist Ihr Einmalcode für Acme", "482913"),
    "de: Einmalpasswort": ("Ihr Einmalpasswort: 48291357", "48291357"),
    "de: Auftrag daneben": ("Ihre Bestellung 9931847 liegt bereit. Ihr Abholcode: 4829", "4829"),
    # French
    "fr": ("Votre code de vérification est le 482913.", "482913"),
    "fr: behind": ("482913 est votre code de connexion", "482913"),
    "fr: mot de passe": ("Mot de passe à usage unique : 482913", "482913"),
    # Spanish, Italian, Portuguese
    "es": ("Tu código de verificación es 482913", "482913"),
    "es: clave": ("Su clave dinámica es: 482913", "482913"),
    "es: behind": ("482 913 es tu código de Instagram", "482913"),
    "it": ("Il tuo codice di verifica è 482913", "482913"),
    "it: behind": ("482913 è il tuo codice di sicurezza", "482913"),
    "pt": ("Seu código de verificação é: 482913", "482913"),
    "pt: senha": ("Sua senha temporária: 482913", "482913"),
    # Dutch, Polish, Swedish, Danish, Czech, Romanian, Hungarian, Finnish
    "nl": ("Je verificatiecode is 482913", "482913"),
    "nl: wachtwoord": ("Uw eenmalig wachtwoord: 482913", "482913"),
    "pl": ("Twój kod weryfikacyjny to 482913", "482913"),
    "pl: hasło": ("Hasło jednorazowe: 482913", "482913"),
    "sv": ("Din verifieringskod är 482913", "482913"),
    "da": ("Din engangskode er 482913", "482913"),
    "cs": ("Váš ověřovací kód je 482913", "482913"),
    "ro": ("Codul tău de verificare este 482913", "482913"),
    "hu": ("Az Ön ellenőrző kódja: 482913", "482913"),
    "fi": ("Vahvistuskoodi: 482913", "482913"),
    # Russian, Ukrainian, Greek, Turkish
    "ru": ("Ваш код подтверждения: 482913", "482913"),
    "ru: behind": ("482913 — ваш код для входа", "482913"),
    "uk": ("Ваш код підтвердження 482913", "482913"),
    "el": ("Ο κωδικός σας είναι 482913", "482913"),
    "tr": ("Doğrulama kodunuz: 482913", "482913"),
    "tr: şifre": ("Tek kullanımlık şifreniz 482913", "482913"),
    # Chinese, Japanese, Korean
    "zh": ("您的验证码是482913，5分钟内有效。", "482913"),
    "zh: bracketed": ("【阿克梅】验证码：482913，请勿泄露。", "482913"),
    "zh-TW": ("您的驗證碼為 482913，請於 10 分鐘內輸入。", "482913"),
    "ja": ("認証コード：482913\nこのコードの有効期限は10分です。", "482913"),
    "ja: 認証番号": ("認証番号は 482913 です。", "482913"),
    "ja: wide digits": ("ワンタイムパスワード：４８２９１３", "482913"),
    "ko": ("인증번호 [482913]를 입력해 주세요.", "482913"),
    "ko: 코드": ("확인 코드: 482913입니다.", "482913"),
    # Arabic, Hebrew, Hindi, Thai, Vietnamese, Indonesian
    "ar": ("رمز التحقق الخاص بك هو 482913", "482913"),
    "ar: Arabic digits": ("رمز التحقق: ٤٨٢٩١٣", "482913"),
    "he": ("קוד האימות שלך הוא 482913", "482913"),
    "hi": ("आपका सत्यापन कोड 482913 है", "482913"),
    "th": ("รหัส OTP ของคุณคือ 482913", "482913"),
    "vi": ("Mã xác nhận của bạn là 482913", "482913"),
    "id": ("Kode verifikasi Anda adalah 482913", "482913"),
}

NO_CODES: dict[str, str] = {
    "no number": "Your verification code is waiting in the app.",
    "a number alone": "482913",
    "three digits": "Your code is 482.",
    "nine digits": "Your code is 482913551.",
    "letters": "Your code is X7K9-2QPL.",
    "an order": "Your order 482913 has shipped.",
    "an order number": "Order number: 482913",
    "an order with a hash": "Order #482913 confirmed",
    "an invoice": "Invoice 20240017 over 1299 EUR is due on 2024-05-01.",
    "a tracking code": "Tracking code: 48291357",
    "a tracking number": "Your tracking number is 48291357",
    "a zip code": "Zip code: 94105",
    "a postal code": "Please check your postal code 10115 Berlin",
    "a promo code": "Use promo code 2024 to save 15 %",
    "a discount code": "Your discount code: 482913",
    "a coupon code": "Coupon code 4829 gives you 20 % off",
    "a gift card": "Gift card code: 4829 1357",
    "an error code": "The upload failed with error code 5001.",
    "a country code": "Country code 0049",
    "a source code": "The source code has 120000 lines.",
    "a booking code": "Booking code: 482913",
    "a dress code": "Dress code: casual. Room 4711",
    "a date": "The code freeze begins on 2024-05-01.",
    "a day": "Codes sent before 01.05.2024 are void.",
    "a year": "Code of conduct, 2024 edition",
    "a year in a sentence": "We updated our code of conduct in 2024.",
    "a price": "Enter your code to pay $1299.",
    "a price with a currency": "Mit dem Code sparst du 1500 EUR",
    "a price in front": "Your code saves you € 1500",
    "a decimal": "The code took 1234.5678 seconds",
    "thousands": "Our code runs on 12,500 servers",
    "a phone": "Problems with your code? Call 0800 123 456.",
    "an international phone": "Lost your PIN? +49 30 12345678",
    "a phone with brackets": "Lost your PIN? Dial (555) 123-4567",
    "a card": "Your code was sent for the card ending in 4242",
    "a masked card": "PIN changed for card **** 4242",
    "a masked number": "We sent a code to xxxx1234",
    "a support case": "Case 482913: your request was received",
    "a ticket": "Ticket 48291: code review wanted",
    "minutes": "This code expires in 1440 minutes.",
    "a copyright": "Never share your code.\n\n© 2024 Acme Inc.",
    "an address": "Never share your code.\n\nAcme Inc., 1600 Amphitheatre Parkway, Mountain View, CA 94043",
    "a link": "Get your code at https://x.test/codes/482913",
    "a link with a code": "https://x.test/login?code=482913",
    "an email address": "Your code was sent to bob4829@x.test",
    "a version": "The code of version 2024 is out",
    "an account": "Account number 48291357: statement is ready",
    "a customer": "Customer 482913, thank you",
    "a member": "Member ID 482913. Your PIN has been changed.",
    "a time": "The code was sent at 14:30:25.",
    "an IP address": "Code requested from 10.1234.0.1",
    "points": "You have 12500 points. No code needed.",
    "a PO box": "PIN changed.\n\nAcme, P.O. Box 4711, London",
    "a reference": "Reference 482913",
    "a balance": "Your balance is 4829",
    "a far away code": "Your code is in the app." + " Lorem ipsum dolor sit amet." * 20 + " 482913",
    "a flight": "Flight 4829 boards at gate 12",
    "an SMS short number": "Text STOP to 48291",
    "lines of code": "Error 5001 in line 1200 of the code, coverage 9200 lines",
    "code coverage": "Sprint review: code coverage 9200 lines of 12000",
    "a meeting": "Meeting ID: 812 3456 7890",
    "an exit code": "Build 20250105.4 failed: exit code 1024",
    "de: Zeile": "Fehler 5001 in Zeile 1200 des Codes",
    "de: Bestellung": "Ihre Bestellung 482913 wurde versandt.",
    "de: Rechnung": "Rechnungsnummer: 20240017",
    "de: PLZ": "Postleitzahl: 10115",
    "de: Gutschein": "Gutscheincode: 482913",
    "de: Kunde": "Kundennummer 48291357",
    "de: Anschrift": "Geben Sie den Code niemals weiter.\n\nAcme GmbH, Torstraße 1, 10115 Berlin, HRB 123456",
    "fr: commande": "Votre commande 482913 est expédiée",
    "fr: code postal": "Code postal : 75011",
    "fr: code promo": "Code promo : 4829",
    "es: pedido": "Tu pedido 482913 está en camino",
    "es: código postal": "Código postal: 28013",
    "it: ordine": "Il tuo ordine 482913",
    "it: codice postale": "Codice postale: 00184",
    "pt: fatura": "Sua fatura 482913 venceu",
    "nl: kortingscode": "Kortingscode: 4829",
    "pl: zamówienie": "Zamówienie 482913 zostało wysłane",
    "pl: kod pocztowy": "Kod pocztowy 00950",
    "ru: заказ": "Ваш заказ 482913 отправлен",
    "ru: промокод": "Промокод 4829",
    "tr: sipariş": "Siparişiniz 482913 kargoya verildi",
    "zh: 订单": "您的订单482913已发货",
    "zh: 邮政编码": "邮政编码：100080",
    "ja: 注文": "ご注文番号：482913",
    "ja: 郵便番号": "郵便番号 1500001",
    "ko: 주문": "주문번호 482913",
    "ar: طلب": "رقم الطلب 482913",
}


@pytest.mark.parametrize("name", CODES)
def test_a_code_is_found(name: str) -> None:
    text, code = CODES[name]

    assert [found.digits for found in codes_in([text])] == [code]


@pytest.mark.parametrize("name", NO_CODES)
def test_another_number_is_no_code(name: str) -> None:
    assert codes_in([NO_CODES[name]]) == ()


def test_there_are_enough_examples() -> None:
    assert len(CODES) + len(NO_CODES) >= 150


def test_several_codes_are_all_found() -> None:
    text = "Your backup codes:\n\n48291357\n11223344\n99887766\n\nKeep them. Order 12345678 is on its way."

    assert [found.digits for found in codes_in([text])] == ["48291357", "11223344", "99887766"]


def test_a_code_of_the_subject_and_of_the_text_is_one() -> None:
    (code,) = codes_in(["482913 is your code", "Your code is\n482 913\n"])

    assert str(code) == "482913 in '482913 is your code'"


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1-",
        "12 34 ",
        "4829 ",
        "code ",
        "code 4829 ",
        "code: ",
        "order ",
        "xxxx1234 ",
        "\n",
        "a@",
        "https://",
        "(123) ",
        "+1 2 ",
        "é ",
        "İ",
        "．",
        "c",
    ],
    ids=repr,
)
def test_a_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text = piece * (250_000 // len(piece))
    before = time.process_time()

    codes_in([text])

    assert time.process_time() - before < 2
