"""The words beside which a number is a one-time code, and those beside which it is something else. Tables only.

Lower case, separated by semicolons, as regular expressions without anchors. Languages: Arabic, Chinese, Czech, Danish,
Dutch, English, Finnish, French, German, Greek, Hebrew, Hindi, Hungarian, Indonesian, Italian, Japanese, Korean,
Norwegian, Polish, Portuguese, Romanian, Russian, Spanish, Swedish, Thai, Turkish, Ukrainian, Vietnamese.
"""

from __future__ import annotations

from typing import Final


def _phrases(table: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for line in table.splitlines() for phrase in line.split(";") if phrase.strip())


# Part of a word, which may have letters around it: Sicherheitscode, codes, doğrulama kodunuz.
CODE_WITHIN: Final = _phrases(r"""
    code; codice; código; codigo; còdigo; codul; passcode; kennwort; passwort; kod; kode; koden; koodi; kód; код;
    κωδικ; şifre; пароль; hasło; wachtwoord;
""")

# A whole word, or several.
CODE: Final = _phrases(r"""
    otp; pin; pin-code; tan; 2fa; passcodes?; mfa; one[- ]?time (?:password|passcode|pin);
    (?:verification|security|confirmation code) number; login number; mot de passe(?: à usage unique| temporaire)?;
    contraseña de un solo uso; clave(?: de \w{1,20})?; senha(?: de uso único| temporária)?; password monouso;
    mã(?: xác (?:nhận|minh|thực)| otp)?;
""")

# In scripts that put no space between words.
CODE_ANYWHERE: Final = _phrases(r"""
    コード; 認証番号; 確認番号; 暗証番号; ワンタイムパスワード; パスコード; 验证码; 驗證碼; 校验码; 校驗碼; 动态码; 動態碼; 动态密码; 确认码; 確認碼; 安全码; 安全碼; 代码; 代碼; 口令;
    登录码; 登入碼; 密码; 密碼; 인증번호; 인증 번호; 인증코드; 확인번호; 확인 번호; 코드; 비밀번호; رمز; كود; الرقم السري; קוד; कोड; ओटीपी; รหัส;
""")

# A code of these is no one-time code: the two together are one word for something else.
OTHER_CODES: Final = _phrases(r"""
    (?:zip|postal|post|area|country|dial(?:l?ing)?|error|status|response|exit|source|product|item|article)[- ]?codes?;
    (?:promo(?:tion(?:al)?)?|coupon|voucher|discount|gift(?: card)?|referral|offer|campaign)[- ]?codes?;
    (?:bar|qr|sort|swift|tracking|booking|reservation|order|reference|dress|color|colour|hs|tariff|tax)[- ]?codes?;
    postleitzahl;
    (?:gutschein|rabatt|aktions|fehler|artikel|produkt|länder|bar|buchungs|sendungs|gutschrift)\w{0,4}[ck]ode\w{0,2};
    code (?:postal|promo|produit|client|barres?|erreur|réduction|de réduction|de suivi|article); code[- ]barres;
    c[oó]digo (?:postal|promocional|de (?:descuento|desconto|barras|producto|produto|seguimiento|rastreio|cliente|error|erro));
    codice (?:postale|fiscale|sconto|prodotto|cliente|articolo|di tracciamento);
    (?:kortings|product|post|actie|fout|artikel|barcode|streepjes)code; kod (?:pocztowy|rabatowy|produktu|błędu);
    (?:почтов|промо|штрих)\w{0,4}[ -]?код\w{0,3}; indeks; индекс; код (?:товара|ошибки|скидки); posta kodu\w{0,4};
    (?:ürün|indirim|hata) kodu\w{0,4}; alan kodu; 郵便番号; 商品コード; クーポンコード; エラーコード; 邮政编码; 郵遞區號; 优惠码; 優惠碼; 折扣码; 错误代码;
    우편번호; 쿠폰 ?코드; 상품 ?코드; 할인 ?코드; الرمز البريدي; رمز (?:الخصم|المنتج); كود (?:الخصم|خصم);
""")

# Beside these a number is an order, a phone, a price, a place, a size.
OTHER: Final = _phrases(r"""
    orders?; order (?:number|no|id); invoice\w{0,1}; receipt; shipment; parcel; package; tracking\w{0,3};
    transaction; payment; refund; total; subtotal; amount; price; balance; paid; charged?; tickets?; case; reference;
    ref; booking; reservation; confirmation number; flight; policy; account; customer; member(?:ship)?; client;
    user id; employee; card; ending(?: in| with)?; ends (?:in|with); phone; tel; telephone; call(?: us)?; fax;
    mobile; cell; whatsapp; hotline; dial; sms to; text us; zip; address; street; suite; room; floor; apt;
    p\.?o\.? ?box; build; version; port; serial; year; since; copyright; ©; \(c\); iban; bic; vat; isbn; ean; sku;
    no\.?; nr\.?; №; nº; n°; #; bestell\w{0,16}; rechnung\w{0,10}; auftrag\w{0,10}; sendung\w{0,10}; kunden\w{0,10};
    konto\w{0,10}; telefon\w{0,10}; anruf\w{0,4}; rufnummer; plz; betrag; summe; gesamt\w{0,8}; ticket\w{0,8};
    vorgang\w{0,8}; referenz\w{0,8}; karte\w{0,8}; endet auf; jahr; ust-?id\w{0,4}; hrb; amtsgericht; liefer\w{0,12};
    cap; commande; facture; colis; suivi; livraison; compte; téléphone; tél; appelez; montant; référence;
    se terminant par; pedido; factura; envío; seguimiento; cuenta; teléfono; llame; importe; referencia;
    terminada en; encomenda; fatura; conta; telefone; ligue; valor; ordine; fattura; spedizione; conto; telefono;
    chiama; importo; totale; riferimento; bestelling; bestelnummer; factuur\w{0,8}; zending; klantnummer;
    rekening\w{0,6}; telefoon\w{0,6}; bedrag; zamówieni\w{1,3}; faktur\w{1,2}; przesyłk\w{1,3}; kont\w{1,2};
    kwot\w{1,2}; numer klienta; заказ\w{0,3}; счет\w{0,3}; счёт\w{0,3}; посылк\w{0,3}; телефон\w{0,3}; сумм\w{0,3};
    номер заказа; звоните; sipariş\w{0,5}; fatura\w{0,4}; kargo\w{0,4}; hesap\w{0,4}; tutar\w{0,4}; takip\w{0,4};
    müşteri\w{0,4}; 注文\w{0,2}; ご注文番号; 請求\w{0,2}; 追跡番号; 電話; お問い合わせ番号; 会員番号; 合計; 金額; お客様番号; 订单\w{0,2}; 訂單\w{0,2};
    发票\w{0,2}; 快递单?号?; 运单号?; 电话; 電話; 金额; 尾号; 客服; 账号; 帳號; 주문\s?번호; 주문; 송장\s?번호; 전화; 금액; 고객\s?번호; 계좌; طلب\w{0,3};
    الطلب; فاتورة; هاتف; المبلغ; حساب;
""")

# A number in front of these says how much or how long.
UNITS: Final = _phrases(r"""
    %; €; \$; £; ¥; ₩; ₺; ₽; ₹; zł; kč; 円; 元; 원; руб\w{0,3}\.?; tl; kr; eur; usd; gbp; jpy; chf; pln; try; cny; krw;
    inr; cad; aud; sek; nok; dkk; brl; mxn; euros?; dollars?; pounds?; min; mins?; minut\w{0,3}; hours?; hrs?; h;
    stunden?; heures?; horas?; ore; uur; godzin\w{0,1}; час\w{0,3}; минут\w{0,2}; dakika; saat; seconds?; secs?;
    sekunden?; secondes?; segundos?; secondi; days?; tage?n?; jours?; días; dias; giorni; dagen; dni; дн\w{1,2}; gün;
    分; 分钟; 分鐘; 秒; 小时; 時間; 日; 年; 月; 분; 시간; 초; دقائق; دقيقة; ساعات; ساعة; km; kg; g; m; cm; mm; px; kb; mb; gb; bit;
    bytes?; octets; points?; lines?; zeilen?; punkte; puntos; miles; credits?; items?; users?; people; customers; times; words;
    pieces; stück; years?; a\.?d\.?; inc\.?; ltd\.?;
    (?:[a-z'.-]{1,20} ){0,3}(?:st|street|ave|avenue|rd|road|blvd|boulevard|lane|drive|way|plaza);
""")
