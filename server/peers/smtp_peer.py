"""A mail server (aiosmtpd) that does what the local part of a recipient says. See README.md."""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

RCPT = {"gone": "550 5.1.1 <{}>: no such mailbox", "policy": "550 5.7.1 not from here", "full": "452 4.2.2 {} is full", "old": "550 no such user {}"}
MAIL = {"rejected": "554 5.6.0 not this", "later": "451 4.3.0 come back"}


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        tell(event="rcpt", address=address, tls=server.transport.get_extra_info('sslcontext') is not None, options=envelope.mail_options)
        if name in RCPT:
            return RCPT[name].format(address)
        if name == "slow":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = {kind: part.get_content() for kind in ("plain", "html") if (part := mail.get_body((kind,)))}
        tell(event="mail", headers={name: str(value) for name, value in mail.items()}, body=body, sender=envelope.mail_from, to=envelope.rcpt_tos, content=envelope.content.decode("utf-8"), tls=server.transport.get_extra_info('sslcontext') is not None,
             login=getattr(session.auth_data, "login", b"").decode() if session.auth_data else None)
        if name == "silent":
            await asyncio.sleep(3600)
        if name == "dies":
            server.transport.abort()
            await asyncio.sleep(3600)
        return MAIL.get(name, "250 2.0.0 taken")


def authenticator(user, password):
    def check(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=good, handled=False, auth_data=data if good else None)
    return check


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--starttls", nargs=2)
    parser.add_argument("--login", nargs=2)
    args = parser.parse_args()
    options = {"hostname": "peer.example", "enable_SMTPUTF8": False}
    context = None
    if args.tls or args.starttls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*(args.tls or args.starttls))
    if args.starttls:
        options.update(tls_context=context, require_starttls=True)
    if args.login:
        options.update(authenticator=authenticator(*args.login), auth_required=True, auth_require_tls=bool(args.starttls))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **options), "127.0.0.1", 0, ssl=context if args.tls else None)
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


try:
    asyncio.run(main())
finally:
    import os
    os._exit(0)
