"""Waits in the pool or enters a room, and shows what is written there; see ../protocol.md."""

import os
import sys
import threading
import time

import socketio

URL = sys.argv[1]
CODE = sys.argv[2] if len(sys.argv) > 2 else None
COOKIE = os.environ.get("POTLUCK_COOKIE", "potluck")

client = socketio.Client()
state = {"code": CODE, "generation": None, "seq": 0, "text": ""}
state |= {"is_behind": False, "is_over": False}
entering = threading.Lock()


def ask(event, *payload):
    """Asks until there is an answer other than "not now"."""
    while True:
        answer = client.call(event, *payload, namespace="/members")
        if answer["ok"] or answer["error"]["code"] != "too_many_requests":
            return answer
        time.sleep(answer["error"]["pause_seconds"])


def enter():
    """Whatever is missed while one question is under way is asked for by the next."""
    state["is_behind"] = True
    with entering:
        if state["is_behind"]:
            state["is_behind"] = False
            catch_up()


def catch_up():
    """Enters the room, and takes what was written meanwhile."""
    before = dict(state)
    wish = {"code": state["code"], "last_seq": before["seq"], "generation": before["generation"]}
    answer = ask("enter_room", wish)
    if not answer["ok"]:
        sys.exit(answer["error"]["message"])
    round_, written = answer["round"], answer["generation"]
    is_over = round_ is not None and round_["phase"] in {"done", "failed", "stopped"}
    if written and (
        is_over or written["id"] != state["generation"] or written["seq"] > state["seq"]
    ):
        kept = before["text"] if written["from_seq"] else ""
        state.update(generation=written["id"], seq=written["seq"], text=kept + written["text"])
    state["is_over"] = is_over and written is not None


@client.on("connect", namespace="/members")
def on_connect():
    """Comes back by itself after a lost connection, and then misses nothing."""
    client.start_background_task(
        enter if state["code"] else ask, *([] if state["code"] else ["join_pool"])
    )


@client.on("matched", namespace="/members")
def on_matched(matched):
    state["code"] = matched["code"]
    client.start_background_task(enter)


@client.on("delta", namespace="/members")
def on_delta(delta):
    follows = delta["generation"] == state["generation"] and delta["seq"] == state["seq"] + 1
    if follows:
        state.update(seq=delta["seq"], text=state["text"] + delta["text"])
    elif delta["generation"] != state["generation"] or delta["seq"] > state["seq"]:
        client.start_background_task(enter)


@client.on("round", namespace="/members")
def on_round(round_):
    if round_["phase"] in {"done", "failed", "stopped"}:
        client.start_background_task(enter)


client.connect(
    URL,
    headers={"Cookie": f"{COOKIE}={os.environ['POTLUCK_SESSION']}"},
    namespaces=["/", "/members"],
    transports=["websocket"],
)
print("connected:", client.call("get_connection_count", namespace="/")["connections"], flush=True)
while not state["is_over"]:
    time.sleep(0.2)
print(state["text"])
client.disconnect()
