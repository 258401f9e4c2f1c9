"""What a fixture that catches mail costs a suite, beside smtpdfix, pytest-localserver and aiosmtpd's Controller."""
