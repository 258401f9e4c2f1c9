"""The POP3 door: a dialogue without I/O (`machine`), the octets of a message (`wire`), and the shell (`server`).

Nothing is imported here: the store needs `wire` only, and should not pay for asyncio.
"""
