#!/usr/bin/env python3
"""A cluster manager of your own, first fit: whoever asked first is served first, and each
executor goes to the first node with room. Change place(), and run first_fit.toml again.

forkyard writes one event a line to standard input and reads one answer a line from standard
output, so to see something print to sys.stderr. README.md has all events and actions.
"""
import json
import sys

config, sizes = {}, {}  # [cluster.plugin]; application -> [cores, memory] of its executors
free = {}               # node -> [cores, memory]
wanted = {}             # application -> how many executors it wants
granted = {}            # executor -> (application, node)
launched = 0            # executors are numbered over the run: e1, e2, ...


def place(cores, memory):
    """The node for an executor of that size, or None."""
    fitting = [node for node in free if free[node][0] >= cores and free[node][1] >= memory]
    if config.get("pack", True):
        return fitting[0] if fitting else None
    return max(fitting, key=lambda node: free[node][0], default=None)


def take(node, app, sign):
    if node in free:
        free[node] = [room - sign * size for room, size in zip(free[node], sizes[app])]


def schedule():
    global launched
    for app, total in wanted.items():
        while sum(grant[0] == app for grant in granted.values()) < total:
            cores, memory = sizes[app]
            node = place(cores, memory)
            if node is None:
                break
            launched += 1
            granted[f"e{launched}"] = (app, node)
            take(node, app, 1)
            yield {"action": "executor.launch", "app": app, "node": node,
                   "cores": cores, "memory": memory}


def handle(event):
    kind = event["event"]
    if kind == "begin":
        config.update(event["config"])
        for app in event["apps"]:
            sizes[app["app"]] = [app["executor"]["cores"] or 1, app["executor"]["memory"]]
    elif kind == "worker.joined":
        free[event["node"]] = [event["cores"], event["memory"]]
    elif kind == "worker.draining":
        free.pop(event["node"], None)  # it takes nothing new
    elif kind == "worker.lost":
        free.pop(event["node"], None)
        for executor, (app, node) in granted.items():
            if node == event["node"]:
                granted[executor] = (app, None)  # gives nothing back
    elif kind == "executor.requested":
        wanted[event["app"]] = event["total"]
    elif kind in ("executor.exited", "executor.lost") and event["exec"] in granted:
        app, node = granted.pop(event["exec"])
        take(node, app, -1)
    elif kind == "app.ended":
        wanted.pop(event["app"], None)
    return list(schedule())


for line in sys.stdin:
    event = json.loads(line)
    print(json.dumps({"seq": event["seq"], "actions": handle(event)}), flush=True)
