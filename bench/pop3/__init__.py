"""POP3: how fast mail is fetched and how much memory that takes, beside dovecot where it is installed."""
