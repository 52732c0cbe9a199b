"""The API as the sessions of this folder ask it."""
import json
import urllib.request


def at(port, wait=60):
    """What asks the API at this port of the own machine: the data of the answer, which holds no error, within `wait` seconds."""

    def ask(query, token=None, language="en"):
        headers = {"content-type": "application/json", "accept-language": language}
        if token:
            headers["authorization"] = f"Bearer {token}"
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=wait) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer
        return answer["data"]

    return ask
