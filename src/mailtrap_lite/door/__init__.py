"""What the doors of SMTP and POP3 have in common: who is let in, the handshake of TLS, and how long a client may wait.

It knows no reply, no command and no sandbox. All of it is on the loop.
"""
