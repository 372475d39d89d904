"""A stand-in for Twilio's API whose callbacks are signed by Twilio's own library. See README.md."""

import base64
import json
import os
import re
import sys
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN = "AC0123456789", "token-of-the-tests"
REFUSALS = {"11": (400, 21211, "The 'To' number {} is not a valid phone number"), "12": (400, 21614, "'To' number {} is not a mobile number"),
            "13": (400, 21408, "Permission to send to {} has not been enabled"), "14": (429, 20429, "Too many requests")}
WORDS = {"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
         "nul": "0", "één": "1", "twee": "2", "drie": "3", "vier": "4", "vijf": "5", "zes": "6", "zeven": "7", "acht": "8", "negen": "9"}
lock, count = threading.Lock(), 0


def tell(**what):
    with lock:
        print(json.dumps(what), flush=True)


def callback(url, fields):
    """Posts fields as Twilio does, and gives back what came."""
    signature = RequestValidator(TOKEN).compute_signature(url, fields)
    body = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(url, body, {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return answer.read().decode()


def text_statuses(sid, form):
    url = form.get("StatusCallback", [None])[0]
    last = {"MessageStatus": "undelivered", "ErrorCode": "30005"} if form["To"][0].endswith("16") else {"MessageStatus": "delivered"}
    for status in ({"MessageStatus": "sent"}, last):
        if url:
            callback(url, {"MessageSid": sid, "AccountSid": ACCOUNT, "To": form["To"][0], "From": form.get("From", [""])[0], **status})


def call(sid, form):
    """A call: hears the documents and presses what this listener presses."""
    to, status_url = form["To"][0], form.get("StatusCallback", [None])[0]
    base = {"CallSid": sid, "AccountSid": ACCOUNT, "To": to, "From": form["From"][0]}
    if status_url:
        callback(status_url, {**base, "CallStatus": "ringing"})
    if status_url and form.get("AsyncAmd"):
        callback(status_url, {**base, "AnsweredBy": "machine_start" if to.endswith("02") else "human"})
    ended = {"04": "busy", "05": "no-answer"}.get(to[-2:])
    if ended:
        if status_url:
            callback(status_url, {**base, "CallStatus": ended})
        return tell(event="call_over")
    url, fields = form["Url"][0], {**base, "CallStatus": "in-progress"}
    for turn in range(6):
        document = callback(url, fields)
        tell(event="document", document=document)
        root = xml.fromstring(document)
        assert root.tag == "Response", root.tag
        gather, fields = root.find("Gather"), {**base, "CallStatus": "in-progress"}
        if gather is None:
            assert root.find("Hangup") is not None
            break
        if to.endswith("06"):
            break
        assert gather.get("finishOnKey") == "#" and gather.get("input") == "dtmf"
        heard = [WORDS[word] for word in re.findall(r"\w+", gather.find("Say").text) if word in WORDS]
        press, report = heard[0], "".join(heard[1:])
        pressed = {"01": report, "02": None, "03": press if turn else str((int(press) % 9) + 1)}.get(to[-2:], press)
        if pressed is None:
            url = root.find("Redirect").text
        else:
            url, fields["Digits"] = gather.get("action"), pressed
    if status_url:
        callback(status_url, {**base, "CallStatus": "completed", "CallDuration": "12"})
    tell(event="call_over")


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def knows_caller(self):
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") == expected:
            return True
        self.answer(401, {"code": 20003, "message": "Authenticate", "more_info": "https://www.twilio.com/docs/errors/20003", "status": 401})
        return False

    def do_GET(self):
        if self.knows_caller():
            found = self.path == f"/2010-04-01/Accounts/{ACCOUNT}.json"
            self.answer(200 if found else 404, {"sid": ACCOUNT, "status": "active"} if found else {"code": 20404, "message": "Not found", "status": 404})

    def do_POST(self):
        global count
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if not self.knows_caller():
            return
        kind = self.path.rsplit("/", 1)[1]
        tell(event="request", path=self.path, form=form, idempotency=self.headers.get("I-Twilio-Idempotency-Token"), type=self.headers["Content-Type"])
        to = form["To"][0]
        if to[-2:] in REFUSALS:
            status, code, words = REFUSALS[to[-2:]]
            more = {"Retry_After": "7"} if status == 429 else {}
            return self.answer(status, {"code": code, "message": words.format(to), "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}, **more)
        if to.endswith("15"):
            return self.answer(500, {"code": 20500, "message": "Internal Server Error", "status": 500})
        with lock:
            count += 1
            sid = f"{'SM' if kind == 'Messages.json' else 'CA'}{count:032x}"
        self.answer(201, {"sid": sid, "status": "queued", "to": to, "error_code": None, "error_message": None, "num_segments": "1", "direction": "outbound-api"})
        threading.Thread(target=text_statuses if kind == "Messages.json" else call, args=(sid, form), daemon=True).start()


server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"ready {server.server_port}", flush=True)
sys.stdin.read()
os._exit(0)
